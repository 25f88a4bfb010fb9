"""All SQL of the keys that sign access tokens. They are the installation's, not a tenant's."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import hold_lock
from ragstone.features.accounts.tables import signing_keys


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A pair of keys, the private one sealed. It signs until it is replaced, and is believed until it expires."""

    id: str
    public_jwk: Mapping[str, Any]
    sealed: bytes = field(repr=False)
    created_at: datetime
    replaced_at: datetime | None = None
    expires_at: datetime | None = None


_COLUMNS = [signing_keys.c[field.name] for field in fields(SigningKey)]


async def lock_signing_keys(connection: AsyncConnection) -> None:
    """Let nobody else add or replace a key until the transaction ends."""
    await hold_lock(connection, "signing_keys", shared=False)


async def insert_signing_key(connection: AsyncConnection, key: SigningKey) -> None:
    """Add a key."""
    await connection.execute(sa.insert(signing_keys).values(asdict(key)))


async def list_signing_keys(connection: AsyncConnection, now: datetime) -> Sequence[SigningKey]:
    """The keys that are believed, newest first."""
    statement = (
        sa.select(*_COLUMNS)
        .where(sa.or_(signing_keys.c.expires_at.is_(None), signing_keys.c.expires_at > now))
        .order_by(signing_keys.c.created_at.desc(), signing_keys.c.id.desc())
    )
    return [SigningKey(**row) for row in (await connection.execute(statement)).mappings()]


async def replace_signing_keys(connection: AsyncConnection, now: datetime, expires_at: datetime) -> None:
    """Let every key of today sign nothing more, and be believed until a moment at most."""
    table = signing_keys.c
    unreplaced = sa.update(signing_keys).where(table.replaced_at.is_(None)).values(replaced_at=now)
    await connection.execute(unreplaced)
    longer = sa.or_(table.expires_at.is_(None), table.expires_at > expires_at)
    await connection.execute(sa.update(signing_keys).where(longer).values(expires_at=expires_at))


async def forget_signing_keys(connection: AsyncConnection, before: datetime) -> None:
    """Drop keys that expired before a moment."""
    await connection.execute(sa.delete(signing_keys).where(signing_keys.c.expires_at < before))
