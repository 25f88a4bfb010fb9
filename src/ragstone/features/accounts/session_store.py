"""All SQL of sessions and their refresh tokens.

They are found by the secret that a caller shows, or by the user that it proved: this is what scopes are made from.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.accounts.session import RefreshToken, Session
from ragstone.features.accounts.tables import refresh_tokens, sessions

_SESSION = [sessions.c[field.name] for field in fields(Session)]
_TOKEN = [refresh_tokens.c[field.name] for field in fields(RefreshToken)]


async def insert_session(connection: AsyncConnection, session: Session) -> None:
    """Add a session."""
    await connection.execute(sa.insert(sessions).values(asdict(session)))


async def lock_session(connection: AsyncConnection, session_id: str) -> Session | None:
    """A session that nobody else changes until the transaction ends."""
    statement = sa.select(*_SESSION).where(sessions.c.id == session_id).with_for_update()
    row = (await connection.execute(statement)).mappings().one_or_none()
    return Session(**row) if row else None


async def list_live_sessions(connection: AsyncConnection, user_id: str, now: datetime) -> Sequence[Session]:
    """Where a user is signed in, newest first."""
    statement = (
        sa.select(*_SESSION)
        .where(sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None), sessions.c.expires_at > now)
        .order_by(sessions.c.id.desc())
    )
    return [Session(**row) for row in (await connection.execute(statement)).mappings()]


async def revoke_session(connection: AsyncConnection, user_id: str, session_id: str, now: datetime) -> bool:
    """End a session of a user; whether there was one to end."""
    statement = (
        sa.update(sessions)
        .where(sessions.c.id == session_id, sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return bool((await connection.execute(statement)).rowcount)


async def revoke_sessions(connection: AsyncConnection, user_id: str, now: datetime, *, but: str | None = None) -> None:
    """End all sessions of a user, but one if it is named."""
    statement = sa.update(sessions).where(sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(sessions.c.id != but)
    await connection.execute(statement.values(revoked_at=now))


async def touch_session(connection: AsyncConnection, session_id: str, now: datetime, expires_at: datetime) -> None:
    """Note that a session was used, and that it lives on."""
    statement = sa.update(sessions).where(sessions.c.id == session_id)
    await connection.execute(statement.values(last_used_at=now, expires_at=expires_at))


async def forget_sessions(connection: AsyncConnection, before: datetime) -> None:
    """Drop sessions that were over before a moment, with their tokens."""
    over = sa.or_(sessions.c.expires_at < before, sessions.c.revoked_at < before)
    await connection.execute(sa.delete(sessions).where(over))


async def insert_refresh_token(connection: AsyncConnection, token: RefreshToken) -> None:
    """Add a refresh token to its session."""
    await connection.execute(sa.insert(refresh_tokens).values(asdict(token)))


async def find_refresh_token(connection: AsyncConnection, token_hash: str) -> RefreshToken | None:
    """A refresh token, used or not."""
    statement = sa.select(*_TOKEN).where(refresh_tokens.c.token_hash == token_hash)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return RefreshToken(**row) if row else None


async def has_used_child(connection: AsyncConnection, token_hash: str) -> bool:
    """Whether a token that was given for this one has been used in its turn."""
    used = sa.exists().where(refresh_tokens.c.parent_hash == token_hash, refresh_tokens.c.used_at.is_not(None))
    return bool(await connection.scalar(sa.select(used)))


async def use_refresh_token(connection: AsyncConnection, token: RefreshToken, now: datetime) -> None:
    """Note that a token was used, and bar the others that were given for the same one."""
    table = refresh_tokens.c
    await connection.execute(sa.update(refresh_tokens).where(table.token_hash == token.token_hash).values(used_at=now))
    if token.parent_hash is not None:
        others = sa.and_(table.parent_hash == token.parent_hash, table.token_hash != token.token_hash)
        await connection.execute(sa.update(refresh_tokens).where(others).values(is_barred=True))
