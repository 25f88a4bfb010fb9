"""What a tenant keeps, held against what it may keep.

The documents themselves are the truth. Beside it stands a figure that is never too low, since it grows with whatever
comes in and is counted anew before anything is refused; so what is deleted makes room at once, without telling anybody.
"""

from collections.abc import Collection, Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.accounts.quotas import store
from ragstone.features.accounts.quotas.quota import KEPT, Amounts, Resource, exceeded
from ragstone.features.accounts.quotas.reserve import Ledger, limits_of
from ragstone.features.documents.tables import documents, versions
from ragstone.kit.scope import Scope

_STOCK: Final = (Resource.DOCUMENTS, Resource.BYTES)


async def keep_within_quota(
    connection: AsyncConnection, scope: Scope, ledger: Ledger, n_documents: int, n_bytes: int
) -> None:
    """What the transaction has just added has to fit; to be asked last of all, as it holds the tenant's lock.

    Raises `QuotaExceeded`.
    """
    limits = await limits_of(connection, scope, ledger.settings)
    limited = {resource: limit for resource in _STOCK if (limit := limits[resource]) is not None}
    if len(limited) < len(_STOCK):
        await store.forget_kept(connection, scope, [resource for resource in _STOCK if resource not in limited])
    if not limited:
        return
    await store.lock(connection, scope)
    added = {Resource.DOCUMENTS: n_documents, Resource.BYTES: n_bytes}
    known = await store.list_used(connection, scope, KEPT)
    kept: Amounts = {resource: known[resource] + added[resource] for resource in limited if resource in known}
    if not _fits(kept, limited):
        kept = await count_kept(connection, scope, limited)
        for resource, limit in limited.items():
            if kept[resource] > limit and added[resource]:
                used = kept[resource] - added[resource]
                raise exceeded(resource, used, limit, added[resource], ledger.clock.now())
    await store.set_kept(connection, scope, kept)


async def require_space(ledger: Ledger, scope: Scope) -> None:
    """Before anything is received: raises `QuotaExceeded` if there is no room for another document or byte."""
    async with ledger.db.read(scope) as connection:
        limits = await limits_of(connection, scope, ledger.settings)
        limited = {resource: limit for resource in _STOCK if (limit := limits[resource]) is not None}
        if not limited:
            return
        kept: Amounts = await store.list_used(connection, scope, KEPT)
        wanted = {resource: kept.get(resource, limit) + 1 for resource, limit in limited.items()}
        if _fits(wanted, limited):
            return
        kept = await count_kept(connection, scope, limited)
    for resource, limit in limited.items():
        if kept[resource] >= limit:
            raise exceeded(resource, kept[resource], limit, 1, ledger.clock.now())


async def count_kept(
    connection: AsyncConnection, scope: Scope, resources: Collection[Resource] = _STOCK
) -> Mapping[Resource, int]:
    """How many documents a tenant has, and how large their originals are, those of former versions included."""
    is_there = (documents.c.tenant_id == scope.tenant_id) & documents.c.deleted_at.is_(None)
    counted: dict[Resource, int] = {}
    if Resource.DOCUMENTS in resources:
        statement = sa.select(sa.func.count()).select_from(documents).where(is_there)
        counted[Resource.DOCUMENTS] = await connection.scalar(statement) or 0
    if Resource.BYTES in resources:
        whole = sa.select(sa.func.sum(versions.c.size_bytes)).join_from(versions, documents).where(is_there)
        counted[Resource.BYTES] = int(await connection.scalar(whole) or 0)
    return counted


def _fits(kept: Amounts, limited: Mapping[Resource, int]) -> bool:
    return all(resource in kept and kept[resource] <= limit for resource, limit in limited.items())
