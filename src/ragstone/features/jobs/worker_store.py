"""All SQL of the table of workers, which belongs to the installation."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.jobs.tables import workers
from ragstone.features.jobs.worker import WorkerSeen


async def note_worker(connection: AsyncConnection, worker: WorkerSeen) -> None:
    """Insert the worker or bring its row up to date."""
    values = asdict(worker)
    changed = await connection.execute(sa.update(workers).where(workers.c.id == worker.id).values(values))
    if changed.rowcount == 0:
        await connection.execute(sa.insert(workers).values(values))


async def forget_worker(connection: AsyncConnection, worker_id: str) -> None:
    """The worker has ended."""
    await connection.execute(sa.delete(workers).where(workers.c.id == worker_id))


async def forget_silent(connection: AsyncConnection, seen_before: datetime) -> None:
    """Drop workers that died without a word."""
    await connection.execute(sa.delete(workers).where(workers.c.seen_at < seen_before))


async def list_workers(connection: AsyncConnection, seen_after: datetime) -> Sequence[WorkerSeen]:
    """Workers heard of since a moment."""
    columns = [workers.c[field.name] for field in fields(WorkerSeen)]
    statement = sa.select(*columns).where(workers.c.seen_at >= seen_after).order_by(workers.c.id)
    return [WorkerSeen(**row) for row in (await connection.execute(statement)).mappings()]
