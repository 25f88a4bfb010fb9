"""Signing in with e-mail address and password.

An address nobody has, a wrong password and a disabled user get the same answer, for which the same is done.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, Literal, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, Outcome, note
from ragstone.features.accounts import user_store
from ragstone.features.accounts.access_tokens import SECOND_FACTOR
from ragstone.features.accounts.delays import Attempt, count_attempt, forgive
from ragstone.features.accounts.identity import Identity
from ragstone.features.accounts.passwords import Verdict
from ragstone.features.accounts.session_store import find_last_tenant
from ragstone.features.accounts.sign_in.grant import Welcome, grant, open_session, tenant_name
from ragstone.features.accounts.user import Membership, User, normal_email
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import INSTALLATION, Origin, Scope
from ragstone.ports.runtime import Runtime

CHALLENGE_S: Final = 300

Action: TypeAlias = Literal["log_in", "token", "complete_login"]
"""The operations that end in a new session."""


class SignInFailed(Problem):
    """Address and password do not belong together, or to nobody who may sign in."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "sign_in_failed"


class MembershipMissing(Problem):
    """The user is no member of any tenant."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "membership_missing"


@dataclass(frozen=True, slots=True)
class Challenge:
    """The password was right; a second factor is asked for, with this token."""

    token: str
    expires_in: int


async def login(
    runtime: Runtime,
    identity: Identity,
    email: str,
    password: str,
    visitor: Origin,
    action: Action = "log_in",
) -> Welcome | Challenge:
    """Sign in. Raises `SignInFailed`, `SignInDelayed`, `MembershipMissing`, `PasswordsBusy`."""
    email = normal_email(email)
    async with runtime.db.read_across_tenants() as connection:
        user = await user_store.find_user_by_email(connection, email)
    attempt = await note_attempt(runtime, email, visitor, user)
    verdict = await identity.passwords.check(password, user.password_hash if user else None)
    if user is None or not verdict.is_right or user.disabled_at is not None:
        await _note_refusal(runtime, action, user, visitor)
        raise SignInFailed
    if user.totp_confirmed_at is not None:
        await _keep(runtime, user, verdict)
        token = await identity.tokens.sign(SECOND_FACTOR, {"sub": user.id}, CHALLENGE_S)
        return Challenge(token, CHALLENGE_S)
    if verdict.new_hash is not None:
        await _keep(runtime, user, verdict)
    return await enter(runtime, identity, user, visitor, attempt, action)


async def note_attempt(runtime: Runtime, account: str, visitor: Origin, user: User | None) -> Attempt | None:
    """Count an attempt, if they are counted. Raises `SignInDelayed`."""
    if not runtime.settings.auth.sign_in_delays:
        return None
    async with runtime.db.transaction_across_tenants() as connection:
        user_id = user.id if user else None
        return await count_attempt(connection, runtime.pepper, account, visitor, user_id, runtime.clock.now())


async def enter(
    runtime: Runtime,
    identity: Identity,
    user: User,
    visitor: Origin,
    attempt: Attempt | None,
    action: Action,
) -> Welcome:
    """A session for a user who has proved everything that is asked for. Raises `MembershipMissing`."""
    now = runtime.clock.now()
    async with runtime.db.transaction_across_tenants() as connection:
        if attempt is not None:
            await forgive(connection, attempt, now)
        membership = await _membership(connection, user)
        opened = await open_session(connection, runtime, membership, visitor, now)
        scope = Scope(membership.tenant_id, user.id, frozenset(), origin=visitor)
        await note(connection, scope, Deed(action, (user.id, opened.session.id)), now)
        named = await tenant_name(connection, membership)
    return Welcome(user, membership, named, await grant(identity, opened.session, opened.refresh_token))


async def _note_refusal(runtime: Runtime, action: Action, user: User | None, visitor: Origin) -> None:
    """Let the log know. For an address nobody has as well, so that it takes as long."""
    objects = (user.id,) if user else ()
    scope = Scope(INSTALLATION, "anonymous", frozenset(), origin=visitor)
    deed = Deed(action, objects, Outcome.REFUSED, {"problem": SignInFailed.code})
    async with runtime.db.transaction_across_tenants() as connection:
        await note(connection, scope, deed, runtime.clock.now())


async def _keep(runtime: Runtime, user: User, verdict: Verdict) -> None:
    """Keep the hash at today's cost, if the old one was of another."""
    if verdict.new_hash is not None:
        async with runtime.db.transaction_across_tenants() as connection:
            await user_store.update_user(connection, user.id, password_hash=verdict.new_hash)


async def _membership(connection: AsyncConnection, user: User) -> Membership:
    """Where a user was last, or else was first."""
    found = await user_store.list_memberships(connection, user.id)
    if not found:
        raise MembershipMissing
    last = await find_last_tenant(connection, user.id)
    return next((item for item in found if item.tenant_id == last), found[0])
