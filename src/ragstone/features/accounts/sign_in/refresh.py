"""Staying signed in: a refresh token is given for new tokens once, and a copy of it ends the session.

Rotation with detection of reuse, as RFC 9700, section 4.14.2, has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, Outcome, note
from ragstone.features.accounts import session_store, user_store
from ragstone.features.accounts.identity import Identity
from ragstone.features.accounts.session import RefreshToken, Session
from ragstone.features.accounts.sign_in.grant import Grant, add_refresh_token, grant
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Origin, Scope
from ragstone.ports.runtime import Runtime


class RefreshTokenInvalid(Problem):
    """The refresh token is unknown, or its session is over."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "refresh_token_invalid"


class RefreshTokenReused(Problem):
    """The refresh token was used before, so that somebody has a copy: the session has been ended."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "refresh_token_reused"


@dataclass(frozen=True, slots=True)
class _Renewed:
    session: Session
    refresh_token: str


async def refresh(runtime: Runtime, identity: Identity, refresh_token: str, visitor: Origin) -> Grant:
    """New tokens for an old refresh token. Raises `RefreshTokenInvalid`, `RefreshTokenReused`."""
    async with runtime.db.transaction_across_tenants() as connection:
        renewed = await _renew(connection, runtime, runtime.pepper.digests(refresh_token), visitor)
    if renewed is None:  # Told only now, so that the end of the session is in the store.
        raise RefreshTokenReused
    return await grant(identity, renewed.session, renewed.refresh_token)


async def _renew(
    connection: AsyncConnection, runtime: Runtime, hashes: Sequence[str], visitor: Origin
) -> _Renewed | None:
    now = runtime.clock.now()
    found = await session_store.find_refresh_token(connection, hashes)
    session = await session_store.lock_session(connection, found.session_id) if found else None
    # Read again under the lock: two requests with one token see each other.
    token = await session_store.find_refresh_token(connection, hashes)
    if token is None or session is None or not session.is_live(now):
        raise RefreshTokenInvalid
    user = await user_store.find_user(connection, session.user_id)
    if user is None or user.disabled_at is not None:
        raise RefreshTokenInvalid
    auth = runtime.settings.auth
    scope = Scope(session.tenant_id, session.user_id, frozenset(), origin=visitor)
    reused = {"problem": RefreshTokenReused.code}
    if token.used_at is not None or token.is_barred:
        if not await _is_repetition(connection, token, now - timedelta(seconds=auth.refresh_grace_s)):
            await session_store.revoke_session(connection, session.user_id, session.id, now)
            await note(connection, scope, Deed("refresh_tokens", (session.id,), Outcome.REFUSED, reused), now)
            return None
    else:
        await session_store.use_refresh_token(connection, token, now)
    await session_store.touch_session(connection, session.id, now, now + timedelta(days=auth.session_days))
    secret = await add_refresh_token(connection, runtime.pepper, session.id, token.token_hash, now)
    await note(connection, scope, Deed("refresh_tokens", (session.id,)), now)
    return _Renewed(session, secret)


async def _is_repetition(connection: AsyncConnection, token: RefreshToken, since: datetime) -> bool:
    """Whether the answer to the first use may have got lost: it was a moment ago, and nobody has gone on from it."""
    return (
        not token.is_barred
        and token.used_at is not None
        and token.used_at > since
        and not await session_store.has_used_child(connection, token.token_hash)
    )
