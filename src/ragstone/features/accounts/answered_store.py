"""The SQL of answers that are kept for requests which may be repeated."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.accounts.tables import answered_requests
from ragstone.kit.scope import Scope


@dataclass(frozen=True, slots=True)
class Answered:
    """A request, as its fingerprint, and the answer to it."""

    fingerprint: str
    status: int
    body: str


class AlreadyAnswered(Exception):
    """Another request with the same key has been answered: undo what this one did."""


async def insert_answered(
    connection: AsyncConnection, scope: Scope, key: str, answered: Answered, now: datetime
) -> None:
    """Keep an answer. Raises `AlreadyAnswered`; on Postgres it waits for another request that is about to commit."""
    statement = sa.insert(answered_requests).values(
        tenant_id=scope.tenant_id,
        idempotency_key=key,
        fingerprint=answered.fingerprint,
        status=answered.status,
        body=answered.body,
        created_at=now,
    )
    try:
        await connection.execute(statement)
    except IntegrityError as error:
        raise AlreadyAnswered(key) from error


async def find_answered(connection: AsyncConnection, scope: Scope, key: str) -> Answered | None:
    """What was answered under a key."""
    table = answered_requests.c
    statement = sa.select(table.fingerprint, table.status, table.body).where(
        table.tenant_id == scope.tenant_id, table.idempotency_key == key
    )
    row = (await connection.execute(statement)).one_or_none()
    return Answered(*row) if row else None


async def forget_answered(connection: AsyncConnection, before: datetime) -> None:
    """Drop answers older than a moment."""
    await connection.execute(sa.delete(answered_requests).where(answered_requests.c.created_at < before))
