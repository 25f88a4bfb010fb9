"""Who is asking."""

from dataclasses import dataclass

from ragstone.db.database import Database
from ragstone.features.accounts import user_store
from ragstone.features.accounts.user import Membership, User
from ragstone.kit.scope import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller and the tenant it acts in, and where else it is a member, with names. An API key has no user."""

    user: User | None
    membership: Membership | None
    tenant_name: str
    memberships: tuple[tuple[Membership, str], ...] = ()


async def read_caller(db: Database, scope: Scope) -> Caller:
    """The caller of a scope."""
    async with db.read_across_tenants() as connection:
        found = await user_store.list_memberships(connection, scope.caller_id)
        names = await user_store.list_tenant_names(connection, [scope.tenant_id, *(item.tenant_id for item in found)])
        return Caller(
            await user_store.find_user(connection, scope.caller_id),
            next((item for item in found if item.tenant_id == scope.tenant_id), None),
            names.get(scope.tenant_id, ""),
            tuple((item, names.get(item.tenant_id, "")) for item in found),
        )
