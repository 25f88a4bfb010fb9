"""Changing one's password, which ends every other session."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts import session_store, user_store
from ragstone.features.accounts.delays import forgive
from ragstone.features.accounts.identity import Identity
from ragstone.features.accounts.one_time_store import Purpose, delete_one_time
from ragstone.features.accounts.sign_in.login import note_attempt
from ragstone.features.accounts.sign_in.password_rules import check_password
from ragstone.features.accounts.user import User
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Origin, Scope
from ragstone.ports.runtime import Runtime


class PasswordWrong(Problem):
    """The password of today is not the one given."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "password_wrong"


class UserNotFound(Problem):
    """There is no such user."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "user_not_found"


async def get_user(runtime: Runtime, scope: Scope) -> User:
    """The user who is asking. Raises `UserNotFound`."""
    async with runtime.db.read_across_tenants() as connection:
        user = await user_store.find_user(connection, scope.caller_id)
    if user is None:
        raise UserNotFound(user_id=scope.caller_id)
    return user


async def confirm_password(runtime: Runtime, identity: Identity, scope: Scope, password: str) -> User:
    """The user who is asking, once they have given their password again. Raises `PasswordWrong`, `SignInDelayed`."""
    user = await get_user(runtime, scope)
    attempt = await note_attempt(runtime, user.email, scope.origin or Origin(), user)
    if not (await identity.passwords.check(password, user.password_hash)).is_right:
        raise PasswordWrong
    if attempt is not None:
        async with runtime.db.transaction_across_tenants() as connection:
            await forgive(connection, attempt, runtime.clock.now())
    return user


async def set_password(
    runtime: Runtime, identity: Identity, scope: Scope, user: User, password: str, *, keep_session: str
) -> None:
    """Give a user another password and end their sessions, but one. Raises `PasswordWeak`."""
    check_password(runtime.settings.auth, password, user.email)
    hashed = await identity.passwords.hash(password)
    async with runtime.db.transaction_across_tenants() as connection:
        now = runtime.clock.now()
        await put_password(connection, user, hashed, now, keep_session=keep_session)
        await note(connection, scope, Deed("change_own_password", (user.id,)), now)


async def put_password(
    connection: AsyncConnection, user: User, hashed: str, now: datetime, *, keep_session: str | None = None
) -> None:
    """What a new password comes with: links that reset the old one, and sessions that began with it, end."""
    await user_store.update_user(connection, user.id, password_hash=hashed, password_changed_at=now)
    await delete_one_time(connection, user.id, Purpose.RESET)
    await session_store.revoke_sessions(connection, user.id, now, but=keep_session)
