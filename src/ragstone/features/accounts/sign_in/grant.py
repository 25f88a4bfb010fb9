"""What somebody who has proved who they are is given: a session, and the tokens to use it with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.accounts import session_store, user_store
from ragstone.features.accounts.access_tokens import ACCESS
from ragstone.features.accounts.identity import Identity
from ragstone.features.accounts.session import RefreshToken, Session
from ragstone.features.accounts.sign_in.secret import new_secret
from ragstone.features.accounts.user import Membership, User
from ragstone.kit.ids import new_id
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Origin
from ragstone.ports.runtime import Runtime

REFRESH_PREFIX: Final = "rt_"
_MAX_AGENT: Final = 400


@dataclass(frozen=True, slots=True)
class Grant:
    """The two tokens, and how long the access token counts."""

    session_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that is in the store, and its first refresh token, which is not."""

    session: Session
    refresh_token: str = field(repr=False)


async def open_session(
    connection: AsyncConnection, runtime: Runtime, membership: Membership, visitor: Origin, now: datetime
) -> Opened:
    """A new session of a member."""
    session = Session(
        id=new_id("ses"),
        tenant_id=membership.tenant_id,
        user_id=membership.user_id,
        created_at=now,
        last_used_at=now,
        expires_at=now + timedelta(days=runtime.settings.auth.session_days),
        revoked_at=None,
        address=visitor.address,
        user_agent=visitor.user_agent[:_MAX_AGENT] if visitor.user_agent else None,
    )
    await session_store.insert_session(connection, session)
    return Opened(session, await add_refresh_token(connection, runtime.pepper, session.id, None, now))


async def add_refresh_token(
    connection: AsyncConnection, pepper: Pepper, session_id: str, parent_hash: str | None, now: datetime
) -> str:
    """A further refresh token of a session, given for another one."""
    secret = new_secret(REFRESH_PREFIX)
    token = RefreshToken(pepper.digest(secret), session_id, parent_hash, now)
    await session_store.insert_refresh_token(connection, token)
    return secret


async def grant(identity: Identity, session: Session, refresh_token: str) -> Grant:
    """The tokens of a session, once it is in the store."""
    lifetime_s = identity.tokens.rules.lifetime_s
    claims = {"sub": session.user_id, "sid": session.id, "tid": session.tenant_id}
    return Grant(session.id, await identity.tokens.sign(ACCESS, claims, lifetime_s), refresh_token, lifetime_s)


@dataclass(frozen=True, slots=True)
class Welcome:
    """Somebody who has just signed in, and where."""

    user: User
    membership: Membership
    tenant_name: str
    grant: Grant


async def tenant_name(connection: AsyncConnection, membership: Membership) -> str:
    """What the tenant of a membership is called."""
    return await user_store.find_tenant_name(connection, membership.tenant_id) or ""
