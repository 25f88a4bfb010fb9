"""News that leaves with the transaction that made it: a row here, delivered after the commit at least once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.metadata import identifier, metadata, moment, tenant_column
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope

outbox = sa.Table(
    "outbox",
    metadata,
    identifier(primary_key=True),
    tenant_column(),
    sa.Column("topic", sa.String(100), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    moment("created_at"),
    moment("delivered_at", nullable=True),
    sa.Index("ix_outbox_undelivered", "delivered_at", "id"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one tenant's objects. A handler may see it twice."""

    id: str
    tenant_id: str
    topic: str
    payload: Mapping[str, Any]


async def publish(
    connection: AsyncConnection, scope: Scope, topic: str, payload: Mapping[str, Any], now: datetime
) -> None:
    """Record an event inside the transaction that makes it true."""
    await connection.execute(
        sa.insert(outbox).values(
            id=new_id("evt"), tenant_id=scope.tenant_id, topic=topic, payload=dict(payload), created_at=now
        )
    )


async def list_undelivered(connection: AsyncConnection, limit: int) -> Sequence[Event]:
    """The oldest events no handler has finished with, of all tenants."""
    statement = sa.select(outbox).where(outbox.c.delivered_at.is_(None)).order_by(outbox.c.id).limit(limit)
    rows = (await connection.execute(statement)).mappings()
    return [Event(row["id"], row["tenant_id"], row["topic"], row["payload"]) for row in rows]


async def mark_delivered(connection: AsyncConnection, event_id: str, now: datetime) -> None:
    """Note that every handler has finished with the event."""
    await connection.execute(sa.update(outbox).where(outbox.c.id == event_id).values(delivered_at=now))


async def forget_delivered(connection: AsyncConnection, before: datetime) -> None:
    """Drop events delivered before a moment."""
    await connection.execute(sa.delete(outbox).where(outbox.c.delivered_at < before))
