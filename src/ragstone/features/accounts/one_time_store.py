"""All SQL of what works once: links that reset a password, recovery codes. Whoever shows one is known by it alone."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.accounts.tables import one_time_tokens


class Purpose(StrEnum):
    """What it is good for."""

    RESET = "reset"
    RECOVERY = "recovery"


async def insert_one_time(
    connection: AsyncConnection,
    user_id: str,
    purpose: Purpose,
    hashes: Sequence[str],
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Put new ones in the place of those a user had for the purpose."""
    await delete_one_time(connection, user_id, purpose)
    rows = [
        {
            "token_hash": token_hash,
            "user_id": user_id,
            "purpose": purpose,
            "created_at": now,
            "expires_at": expires_at,
        }
        for token_hash in hashes
    ]
    await connection.execute(sa.insert(one_time_tokens), rows)


async def find_one_time(
    connection: AsyncConnection, purpose: Purpose, hashes: Sequence[str], now: datetime
) -> str | None:
    """Whose one is, if it still works. It is not used up."""
    table = one_time_tokens.c
    lives = sa.or_(table.expires_at.is_(None), table.expires_at > now)
    statement = sa.select(table.user_id).where(table.token_hash.in_(hashes), table.purpose == purpose, lives)
    user_id: str | None = await connection.scalar(statement)
    return user_id


async def take_one_time(
    connection: AsyncConnection, purpose: Purpose, hashes: Sequence[str], now: datetime
) -> str | None:
    """Use one up; whose it was, or None if there is none that still works."""
    table = one_time_tokens.c
    lives = sa.or_(table.expires_at.is_(None), table.expires_at > now)
    statement = (
        sa.delete(one_time_tokens)
        .where(table.token_hash.in_(hashes), table.purpose == purpose, lives)
        .returning(table.user_id)
    )
    user_id: str | None = await connection.scalar(statement)
    return user_id


async def delete_one_time(connection: AsyncConnection, user_id: str, purpose: Purpose) -> None:
    """Let none of a user's work any more."""
    table = one_time_tokens.c
    await connection.execute(sa.delete(one_time_tokens).where(table.user_id == user_id, table.purpose == purpose))


async def was_given_since(connection: AsyncConnection, user_id: str, purpose: Purpose, since: datetime) -> bool:
    """Whether a user was given one after a moment."""
    table = one_time_tokens.c
    given = sa.exists().where(table.user_id == user_id, table.purpose == purpose, table.created_at > since)
    return bool(await connection.scalar(sa.select(given)))


async def forget_one_time(connection: AsyncConnection, before: datetime) -> None:
    """Drop what expired before a moment."""
    await connection.execute(sa.delete(one_time_tokens).where(one_time_tokens.c.expires_at < before))
