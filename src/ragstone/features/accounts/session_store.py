"""All SQL of sessions and their refresh tokens.

They are found by the secret that a caller shows, or by the user that it proved: this is what scopes are made from.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.changes import UNNOTED
from ragstone.features.accounts.session import RefreshToken, Session, Standing
from ragstone.features.accounts.tables import memberships, refresh_tokens, sessions, signing_keys, tenants, users

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


async def find_standing(connection: AsyncConnection, session_id: str, key_id: str, now: datetime) -> Standing | None:
    """Who a session is of, unless it is over, its user is disabled or no member any more, or its key is not believed.

    All in one statement: it is run for each request.
    """
    believed = sa.exists().where(
        signing_keys.c.id == key_id, sa.or_(signing_keys.c.expires_at.is_(None), signing_keys.c.expires_at > now)
    )
    statement = (
        sa.select(
            sessions.c.tenant_id,
            sessions.c.user_id,
            memberships.c.role,
            users.c.is_platform_admin,
            sessions.c.expires_at,
            tenants.c.suspended_at,
            tenants.c.deleted_at,
        )
        .join(tenants, tenants.c.id == sessions.c.tenant_id)
        .join(users, users.c.id == sessions.c.user_id)
        .join(
            memberships,
            sa.and_(memberships.c.tenant_id == sessions.c.tenant_id, memberships.c.user_id == sessions.c.user_id),
        )
        .where(
            sessions.c.id == session_id,
            sessions.c.revoked_at.is_(None),
            sessions.c.expires_at > now,
            users.c.disabled_at.is_(None),
            believed,
        )
    )
    row = (await connection.execute(statement)).one_or_none()
    return Standing(*row) if row else None


async def list_live_sessions(connection: AsyncConnection, user_id: str, now: datetime) -> Sequence[Session]:
    """Where a user is signed in, newest first."""
    statement = (
        sa.select(*_SESSION)
        .where(sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None), sessions.c.expires_at > now)
        .order_by(sessions.c.id.desc())
    )
    return [Session(**row) for row in (await connection.execute(statement)).mappings()]


async def find_last_tenant(connection: AsyncConnection, user_id: str) -> str | None:
    """Where a user has signed in last."""
    statement = sa.select(sessions.c.tenant_id).where(sessions.c.user_id == user_id).order_by(sessions.c.id.desc())
    tenant_id: str | None = await connection.scalar(statement.limit(1))
    return tenant_id


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
    statement = sa.update(sessions).where(sessions.c.id == session_id).values(last_used_at=now, expires_at=expires_at)
    await connection.execute(statement, execution_options={UNNOTED: True})


async def forget_sessions(connection: AsyncConnection, before: datetime) -> None:
    """Drop sessions that were over before a moment, with their tokens."""
    over = sa.or_(sessions.c.expires_at < before, sessions.c.revoked_at < before)
    await connection.execute(sa.delete(sessions).where(over))


async def insert_refresh_token(connection: AsyncConnection, token: RefreshToken) -> None:
    """Add a refresh token to its session."""
    await connection.execute(sa.insert(refresh_tokens).values(asdict(token)))


async def find_refresh_token(connection: AsyncConnection, hashes: Sequence[str]) -> RefreshToken | None:
    """A refresh token, used or not, by its hash under any pepper that is accepted."""
    statement = sa.select(*_TOKEN).where(refresh_tokens.c.token_hash.in_(hashes))
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
