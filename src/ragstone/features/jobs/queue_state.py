"""How the queue of the whole installation is doing."""

from dataclasses import dataclass
from datetime import datetime

from ragstone.db.database import Database
from ragstone.features.jobs import turn_store, worker_store
from ragstone.features.jobs.look import alive_after


@dataclass(frozen=True, slots=True)
class QueueState:
    """Due jobs and for how long the oldest has been, jobs at work, and the live workers with their slots."""

    due: int
    oldest_due_s: float
    running: int
    workers: int
    slots: int


async def look_at_queue(db: Database, now: datetime) -> QueueState:
    """The queue at this moment, over all tenants and processes."""
    async with db.read_across_tenants() as connection:
        due, oldest = await turn_store.count_due(connection, now)
        running = await turn_store.count_running(connection)
        workers = await worker_store.list_workers(connection, alive_after(now))
    waited_s = (now - oldest).total_seconds() if oldest else 0.0
    return QueueState(due, waited_s, running, len(workers), sum(worker.slots for worker in workers))
