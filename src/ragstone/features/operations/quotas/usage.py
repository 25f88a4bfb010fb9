"""What a tenant has used, beside what it may use."""

from collections.abc import Mapping
from dataclasses import dataclass

from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.quotas import store
from ragstone.features.accounts.quotas.quota import SPENT, Month, Resource
from ragstone.features.accounts.quotas.reserve import limits_of
from ragstone.features.documents.stock import count_kept
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Used:
    """How much of something was used, is about to be, and may be (None: any amount), by default or not."""

    used: int
    reserved: int
    limit: int | None
    is_default: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """Everything that is counted of a tenant, at one moment of a month."""

    month: Month
    by_resource: Mapping[Resource, Used]


async def usage(runtime: Runtime, scope: Scope) -> Usage:
    """What the caller's tenant keeps, and has spent this month."""
    require(scope, Permission.READ)
    return await usage_of(runtime, scope)


async def usage_of(runtime: Runtime, scope: Scope) -> Usage:
    """What a tenant keeps, and has spent this month."""
    now = runtime.clock.now()
    month = Month.of(now)
    async with runtime.db.read(scope) as connection:
        limits = await limits_of(connection, scope, runtime.settings.quotas)
        overrides = await store.list_overrides(connection, scope)
        used = {**await store.list_used(connection, scope, month.name), **await count_kept(connection, scope)}
        reserved = await store.list_reserved(connection, scope, month.name, now)
    by_resource = {
        resource: Used(
            used.get(resource, 0),
            reserved.get(resource, 0) if resource in SPENT else 0,
            limits[resource],
            resource not in overrides,
        )
        for resource in Resource
    }
    return Usage(month, by_resource)
