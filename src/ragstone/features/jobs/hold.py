"""Jobs that wait for their input to be complete: queued, but not due.

One that becomes due while it is held has lost whoever was sending the input; its handler takes back what there is.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.jobs import store
from ragstone.features.jobs.job import HELD_FLAG, HoldLost, Job
from ragstone.kit.scope import Scope


async def extend(connection: AsyncConnection, scope: Scope, job: Job, until: datetime) -> None:
    """Hold the job for longer, as more input has come. Raises `HoldLost`."""
    if not await store.update_job(connection, scope, job, run_at=until):
        raise HoldLost(job_id=job.id)


async def release(connection: AsyncConnection, scope: Scope, job: Job, total: int, now: datetime) -> Job:
    """There is no more input: the job is due now, and this is how it stands. Raises `HoldLost`."""
    payload = {name: value for name, value in job.payload.items() if name != HELD_FLAG}
    released = replace(job, run_at=now, total=total, payload=payload, updated_at=now)
    if not await store.update_job(connection, scope, job, run_at=now, total=total, payload=payload, updated_at=now):
        raise HoldLost(job_id=job.id)
    return released
