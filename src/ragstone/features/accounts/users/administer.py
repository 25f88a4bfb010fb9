"""The users of the installation, for a platform administrator, who never gets to know a password."""

from dataclasses import dataclass, field

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts import session_store, user_store
from ragstone.features.accounts.permissions import Permission, Role, require
from ragstone.features.accounts.sign_in.change_password import UserNotFound
from ragstone.features.accounts.sign_in.register import new_user
from ragstone.features.accounts.sign_in.reset_password import make_reset
from ragstone.features.accounts.sign_in.second_factor import remove
from ragstone.features.accounts.user import Membership, User, normal_email
from ragstone.kit.pagination import Page, decode_cursor, encode_cursor
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody who is to become a member of the administrator's tenant."""

    email: str
    name: str
    role: Role
    is_platform_admin: bool


@dataclass(frozen=True, slots=True)
class Handed:
    """A user, and the token that gives them a password of their own."""

    user: User
    reset_token: str = field(repr=False)


async def list_users(db: Database, scope: Scope, *, email: str | None, cursor: str | None, limit: int) -> Page[User]:
    """Users, oldest first; or the one with an address."""
    require(scope, Permission.PLATFORM)
    after = str(decode_cursor(cursor, 1)[0]) if cursor else None
    async with db.read_across_tenants() as connection:
        if email is not None:
            one = await user_store.find_user_by_email(connection, normal_email(email))
            return Page((one,) if one else (), None)
        found = await user_store.list_users(connection, after, limit + 1)
    items = tuple(found[:limit])
    return Page(items, encode_cursor(items[-1].id) if len(found) > limit else None)


async def create_user(runtime: Runtime, scope: Scope, draft: NewUser) -> Handed:
    """A user without a password, who is a member of the caller's tenant. Raises `EmailTaken`."""
    require(scope, Permission.PLATFORM)
    now = runtime.clock.now()
    email = normal_email(draft.email)
    user = new_user(email, draft.name, None, now, is_platform_admin=draft.is_platform_admin)
    async with runtime.db.transaction_across_tenants() as connection:
        await user_store.insert_user(connection, user)
        await user_store.insert_membership(connection, Membership(scope.tenant_id, user.id, draft.role, now))
    return Handed(user, await make_reset(runtime, scope, user, "create_user"))


async def hand_reset(runtime: Runtime, scope: Scope, user_id: str, *, without_second_factor: bool) -> Handed:
    """A token to reset a password with; if wished, the second factor goes too. Raises `UserNotFound`."""
    require(scope, Permission.PLATFORM)
    user = await _get(runtime.db, user_id)
    if without_second_factor:
        async with runtime.db.transaction_across_tenants() as connection:
            await remove(connection, user.id)
    return Handed(user, await make_reset(runtime, scope, user, "hand_reset"))


async def set_disabled(runtime: Runtime, scope: Scope, user_id: str, *, is_disabled: bool) -> User:
    """Keep a user out, with the next request, or let them in again. Raises `UserNotFound`."""
    require(scope, Permission.PLATFORM)
    now = runtime.clock.now()
    async with runtime.db.transaction_across_tenants() as connection:
        await user_store.update_user(connection, user_id, disabled_at=now if is_disabled else None)
        if is_disabled:
            await session_store.revoke_sessions(connection, user_id, now)
        action = "disable_user" if is_disabled else "enable_user"
        await note(connection, scope, Deed(action, (user_id,)), now)
    return await _get(runtime.db, user_id)


async def _get(db: Database, user_id: str) -> User:
    async with db.read_across_tenants() as connection:
        user = await user_store.find_user(connection, user_id)
    if user is None:
        raise UserNotFound(user_id=user_id)
    return user
