"""Follow a job as it moves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from ragstone.db.database import Database
from ragstone.features.jobs.job import FINAL, Job
from ragstone.features.jobs.read import get_job
from ragstone.kit.scope import Scope

_POLL_S: Final = 0.2  # The row is the truth for every process; reading it is cheaper than telling all of them.


async def iter_states(db: Database, scope: Scope, job_id: str) -> AsyncIterator[Job]:
    """The job now and after each change, until it is over. Raises `JobNotFound`."""
    last: Job | None = None
    while last is None or last.status not in FINAL:
        job = await get_job(db, scope, job_id)
        if last is None or _visible(job) != _visible(last):
            yield job
        last = job
        if job.status not in FINAL:
            await asyncio.sleep(_POLL_S)


def _visible(job: Job) -> tuple[object, ...]:
    return (job.status, job.stage, job.done, job.total, job.attempt, job.cancel_requested, job.last_error)
