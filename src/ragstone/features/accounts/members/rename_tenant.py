"""Call the tenant something else."""

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.members import store
from ragstone.features.accounts.members.member import Tenant
from ragstone.features.accounts.members.read import get_tenant
from ragstone.features.accounts.permissions import Permission, check_grant, require
from ragstone.kit.clock import Clock
from ragstone.kit.scope import Scope


async def rename_tenant(db: Database, clock: Clock, scope: Scope, name: str) -> Tenant:
    """The tenant of the caller under its new name."""
    require(scope, Permission.ADMIN)
    check_grant(scope, ())
    async with db.transaction(scope) as connection:
        await store.rename_tenant(connection, scope, name)
        await note(connection, scope, Deed("change_tenant", (scope.tenant_id,)), clock.now())
    return await get_tenant(db, scope)
