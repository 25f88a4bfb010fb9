"""Users, tenants and sessions as tests make them."""

from datetime import UTC, datetime, timedelta

from ragstone.db.database import Database
from ragstone.features.accounts import session_store, user_store
from ragstone.features.accounts.permissions import Role
from ragstone.features.accounts.session import Session
from ragstone.features.accounts.user import Membership, User
from ragstone.kit.ids import new_id

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def user(email: str = "ada@example.com") -> User:
    """A user without a password."""
    return User(new_id("usr"), email, "Ada", False, NOW, None, None, None, None, None)


def session(membership: Membership, **changes: object) -> Session:
    """A session that lives for a day."""
    values: dict[str, object] = {
        "id": new_id("ses"),
        "tenant_id": membership.tenant_id,
        "user_id": membership.user_id,
        "created_at": NOW,
        "last_used_at": NOW,
        "expires_at": NOW + timedelta(days=1),
        "revoked_at": None,
        "address": "192.0.2.1",
        "user_agent": "a browser",
    }
    return Session(**(values | changes))  # type: ignore[arg-type]  # The test knows the names of the fields.


async def add_member(db: Database, email: str = "ada@example.com", role: Role = Role.OWNER) -> Membership:
    """A user in a tenant of its own."""
    someone = user(email)
    membership = Membership(new_id("ten"), someone.id, role, NOW)
    async with db.transaction_across_tenants() as connection:
        await user_store.insert_user(connection, someone)
        await user_store.insert_tenant(connection, membership.tenant_id, "tenant of " + email, NOW)
        await user_store.insert_membership(connection, membership)
    return membership


async def add_session(db: Database, membership: Membership, **changes: object) -> Session:
    """A session of a member."""
    made = session(membership, **changes)
    async with db.transaction_across_tenants() as connection:
        await session_store.insert_session(connection, made)
    return made
