"""What tests of jobs do again and again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ragstone.db.database import Database
from ragstone.features.jobs.claim import Terms, claim
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.features.jobs.job import Job
from ragstone.features.jobs.run import JobRun
from ragstone.features.jobs.standing import Patience
from ragstone.kit.scope import Scope

LEASE_S = 30.0
TERMS = Terms(LEASE_S, slots=8)


PATIENCE = Patience(starved_after_s=60.0, stalled_after_s=300.0)


class SetClock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


async def add(db: Database, scope: Scope, clock: SetClock, kind: str = "test", **values: Any) -> Job:
    """A job in the queue."""
    async with db.transaction(scope) as connection:
        return await enqueue(
            connection,
            scope,
            NewJob(kind, values.pop("payload", {"a": 1}), total=3, **{"collection_id": None, **values}),
            clock.now(),
        )


async def claimed(db: Database, clock: SetClock, owner: str = "one", terms: Terms = TERMS) -> JobRun:
    """The job whose turn it is; there has to be one."""
    run = await claim(db, clock, owner, terms)
    assert run is not None
    return run
