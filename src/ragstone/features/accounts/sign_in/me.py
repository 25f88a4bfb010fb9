"""Who is asking."""

from dataclasses import dataclass

from ragstone.db.database import Database
from ragstone.features.accounts import user_store
from ragstone.features.accounts.user import Membership, User
from ragstone.kit.scope import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller and the tenant it acts in. An API key has no user and no membership."""

    user: User | None
    membership: Membership | None
    tenant_name: str


async def read_caller(db: Database, scope: Scope) -> Caller:
    """The caller of a scope."""
    async with db.read_across_tenants() as connection:
        return Caller(
            await user_store.find_user(connection, scope.caller_id),
            await user_store.find_membership(connection, scope.tenant_id, scope.caller_id),
            await user_store.find_tenant_name(connection, scope.tenant_id) or "",
        )
