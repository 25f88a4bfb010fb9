"""Follow one job as it moves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from ragstone.db.database import Database
from ragstone.features.jobs.job import FINAL, Job, JobStatus
from ragstone.features.jobs.look import look
from ragstone.features.jobs.read import get_job
from ragstone.features.jobs.standing import Patience, Standing
from ragstone.kit.clock import Clock
from ragstone.kit.scope import Scope

_POLL_S: Final = 0.2  # The row is the truth for every process; reading it is cheaper than telling all of them.
_QUEUED_POLL_S: Final = 0.5  # To see how long a queue is, it has to be counted.


async def iter_states(db: Database, scope: Scope, job_id: str) -> AsyncIterator[Job]:
    """The job now and after each change, until it is over. Raises `JobNotFound`."""
    last: Job | None = None
    async for job in _iter_looks(db, scope, job_id, _POLL_S):
        if last is None or (job.updated_at, job.status) != (last.updated_at, last.status):
            yield job
        last = job


async def iter_standings(
    db: Database, clock: Clock, patience: Patience, scope: Scope, job_id: str
) -> AsyncIterator[tuple[Job, Standing]]:
    """The job and how it stands now, after each change and whenever it stands otherwise, until it is over.

    Raises `JobNotFound`.
    """
    last: tuple[object, ...] = ()
    async for job in _iter_looks(db, scope, job_id, _QUEUED_POLL_S):
        (standing,) = await look(db, patience, scope, clock.now(), [job])
        if (visible := (job.updated_at, job.status, standing)) != last:
            yield job, standing
        last = visible


async def _iter_looks(db: Database, scope: Scope, job_id: str, queued_poll_s: float) -> AsyncIterator[Job]:
    while True:
        job = await get_job(db, scope, job_id)
        yield job
        if job.status in FINAL:
            return
        await asyncio.sleep(queued_poll_s if job.status is JobStatus.QUEUED else _POLL_S)
