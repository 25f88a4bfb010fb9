"""Lock a tenant's members and programs out for a while, and let them in again."""

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.operations.tenants import store
from ragstone.features.operations.tenants.read import get_dispensable, get_record
from ragstone.features.operations.tenants.tenant import TenantRecord
from ragstone.kit.clock import Clock
from ragstone.kit.scope import Scope


async def suspend_tenant(db: Database, clock: Clock, scope: Scope, tenant_id: str) -> TenantRecord:
    """Refuse every request of a tenant from now on; nothing of it is lost. Raises `TenantNotFound`, `TenantInUse`."""
    require(scope, Permission.PLATFORM)
    now = clock.now()
    async with db.transaction_across_tenants() as connection:
        await get_dispensable(connection, scope, tenant_id)
        await store.update_tenant(connection, tenant_id, suspended_at=now)
        await note(connection, scope, Deed("suspend_tenant", (tenant_id,)), now)
        return await get_record(connection, tenant_id)


async def resume_tenant(db: Database, clock: Clock, scope: Scope, tenant_id: str) -> TenantRecord:
    """Let a tenant work again. Raises `TenantNotFound`."""
    require(scope, Permission.PLATFORM)
    async with db.transaction_across_tenants() as connection:
        await get_record(connection, tenant_id)
        await store.update_tenant(connection, tenant_id, suspended_at=None)
        await note(connection, scope, Deed("resume_tenant", (tenant_id,)), clock.now())
        return await get_record(connection, tenant_id)
