"""News that leaves with the transaction that made it: a row here, delivered after the commit at least once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.metadata import identifier, metadata, moment, tenant_column
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Origin, Scope

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True),
    identifier(unique=True),
    tenant_column(),
    sa.Column("topic", sa.String(100), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    identifier("caller_id", nullable=True),
    sa.Column("permissions", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("origin", sa.JSON(none_as_null=True), nullable=True),
    moment("created_at"),
    moment("delivered_at", nullable=True),
    sa.Index("ix_outbox_undelivered", "delivered_at", "position"),
    comment="What happened first has the lower position, unless it happened at the same time.",
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one tenant's objects, and who did it. A handler may see it twice."""

    id: str
    tenant_id: str
    topic: str
    payload: Mapping[str, Any]
    created_at: datetime
    caller_id: str | None = None
    permissions: frozenset[str] = frozenset()
    origin: Origin | None = None


async def publish(
    connection: AsyncConnection, scope: Scope, topic: str, payload: Mapping[str, Any], now: datetime
) -> None:
    """Record an event inside the transaction that makes it true."""
    await connection.execute(
        sa.insert(outbox).values(
            id=new_id("evt"),
            tenant_id=scope.tenant_id,
            topic=topic,
            payload=dict(payload),
            caller_id=scope.caller_id,
            permissions=sorted(scope.permissions),
            origin=asdict(scope.origin) if scope.origin else None,
            created_at=now,
        )
    )


async def list_undelivered(
    connection: AsyncConnection, limit: int, *, of: str | None = None, but: str | None = None
) -> Sequence[Event]:
    """The oldest events nobody has finished with, of all tenants; those `of` one topic, or all `but` one."""
    statement = sa.select(outbox).where(outbox.c.delivered_at.is_(None)).order_by(outbox.c.position).limit(limit)
    if of is not None:
        statement = statement.where(outbox.c.topic == of)
    if but is not None:
        statement = statement.where(outbox.c.topic != but)
    return [_event(row) for row in (await connection.execute(statement)).mappings()]


async def mark_delivered(connection: AsyncConnection, event_ids: Sequence[str], now: datetime) -> None:
    """Note that every handler has finished with the events."""
    await connection.execute(sa.update(outbox).where(outbox.c.id.in_(event_ids)).values(delivered_at=now))


async def forget_delivered(connection: AsyncConnection, before: datetime) -> None:
    """Drop events delivered before a moment."""
    await connection.execute(sa.delete(outbox).where(outbox.c.delivered_at < before))


def _event(row: RowMapping) -> Event:
    return Event(
        id=row["id"],
        tenant_id=row["tenant_id"],
        topic=row["topic"],
        payload=row["payload"],
        created_at=row["created_at"],
        caller_id=row["caller_id"],
        permissions=frozenset(row["permissions"] or ()),
        origin=Origin(**row["origin"]) if row["origin"] else None,
    )
