"""All SQL of how often signing in has failed. It is counted for whoever tries, before anybody knows who that is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import hold_lock, insert_into
from ragstone.features.accounts.tables import sessions, sign_in_delays


@dataclass(frozen=True, slots=True)
class Delay:
    """Failures under a key, and until when it has to wait."""

    key: str
    failures: int
    last_at: datetime
    blocked_until: datetime | None


_COLUMNS = [sign_in_delays.c[field.name] for field in fields(Delay)]


async def lock_delays(connection: AsyncConnection, keys: Sequence[str]) -> Mapping[str, Delay]:
    """The failures under some keys, which nobody else counts until the transaction ends."""
    for key in sorted(keys):  # In one order for everybody, so that two cannot wait for each other.
        await hold_lock(connection, f"sign_in/{key}", shared=False)
    statement = sa.select(*_COLUMNS).where(sign_in_delays.c.key.in_(keys))
    return {row["key"]: Delay(**row) for row in (await connection.execute(statement)).mappings()}


async def put_delay(connection: AsyncConnection, delay: Delay) -> None:
    """Keep what has been counted."""
    values = asdict(delay)
    statement = insert_into(connection, sign_in_delays).values(values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))


async def delete_delays(connection: AsyncConnection, keys: Sequence[str]) -> None:
    """Forget what was counted under some keys."""
    await connection.execute(sa.delete(sign_in_delays).where(sign_in_delays.c.key.in_(keys)))


async def forget_delays(connection: AsyncConnection, before: datetime) -> None:
    """Forget what was counted before a moment."""
    await connection.execute(sa.delete(sign_in_delays).where(sign_in_delays.c.last_at < before))


async def is_address_known(connection: AsyncConnection, user_id: str, address: str, since: datetime) -> bool:
    """Whether a user has signed in from an address since a moment."""
    known = sa.exists().where(
        sessions.c.user_id == user_id, sessions.c.address == address, sessions.c.last_used_at > since
    )
    return bool(await connection.scalar(sa.select(known)))
