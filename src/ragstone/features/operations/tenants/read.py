"""Look at the tenants of the installation."""

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.operations.tenants import store
from ragstone.features.operations.tenants.tenant import TenantInUse, TenantNotFound, TenantRecord
from ragstone.kit.pagination import Page, decode_cursor, encode_cursor
from ragstone.kit.scope import Scope


async def list_tenants(db: Database, scope: Scope, *, cursor: str | None, limit: int) -> Page[TenantRecord]:
    """All tenants, oldest first."""
    require(scope, Permission.PLATFORM)
    after = str(decode_cursor(cursor, 1)[0]) if cursor else None
    async with db.read_across_tenants() as connection:
        found = await store.list_tenants(connection, after, limit + 1)
    items = tuple(found[:limit])
    return Page(items, encode_cursor(items[-1].id) if len(found) > limit else None)


async def get_tenant(db: Database, scope: Scope, tenant_id: str) -> TenantRecord:
    """One tenant. Raises `TenantNotFound`."""
    require(scope, Permission.PLATFORM)
    async with db.read_across_tenants() as connection:
        return await get_record(connection, tenant_id)


async def get_record(connection: AsyncConnection, tenant_id: str) -> TenantRecord:
    """One tenant. Raises `TenantNotFound`."""
    tenant = await store.find_tenant(connection, tenant_id)
    if tenant is None:
        raise TenantNotFound(id=tenant_id)
    return tenant


async def get_dispensable(connection: AsyncConnection, scope: Scope, tenant_id: str) -> TenantRecord:
    """A tenant that the installation can do without, in a transaction that sees every tenant.

    Raises `TenantNotFound`, `TenantInUse`.
    """
    tenant = await get_record(connection, tenant_id)
    if tenant_id == scope.tenant_id or await store.has_first_key(connection, tenant_id):
        raise TenantInUse(id=tenant_id)
    return tenant
