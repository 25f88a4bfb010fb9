"""Set what a tenant may use. Only a platform administrator may, for any tenant."""

from dataclasses import replace

from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.quotas import store
from ragstone.features.accounts.quotas.quota import Limits, Resource
from ragstone.features.accounts.tenant import get_tenant
from ragstone.features.operations.quotas.usage import Usage, usage_of
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime


async def quotas_of(runtime: Runtime, scope: Scope, tenant_id: str) -> Usage:
    """What a tenant has used and may use. Raises `PermissionMissing`, `TenantNotFound`."""
    return await usage_of(runtime, await _within(runtime, scope, tenant_id))


async def set_quotas(runtime: Runtime, scope: Scope, tenant_id: str, limits: Limits) -> Usage:
    """Put these limits in the place of all that were set for a tenant; for what is not named the default holds.

    A limit below what is used takes nothing away, but lets nothing more in. Raises `PermissionMissing`,
    `TenantNotFound`.
    """
    within = await _within(runtime, scope, tenant_id)
    async with runtime.db.transaction(within) as connection:
        await store.lock(connection, within)
        for resource in Resource:
            if resource in limits:
                await store.put_override(connection, within, resource, limits[resource])
            else:
                await store.drop_override(connection, within, resource)
        await store.forget_kept(connection, within, list(Resource))
    return await usage_of(runtime, within)


async def _within(runtime: Runtime, scope: Scope, tenant_id: str) -> Scope:
    """The caller, acting on another tenant's quotas."""
    require(scope, Permission.PLATFORM)
    within = replace(scope, tenant_id=tenant_id)
    await get_tenant(runtime.db, within)
    return within
