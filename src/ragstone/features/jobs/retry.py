"""Try a failed or cancelled job again, or at once one that waits for its next attempt."""

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.jobs import store
from ragstone.features.jobs.job import HELD_FLAG, Job, JobNotFailed, JobStatus, Priority
from ragstone.features.jobs.read import get_job
from ragstone.kit.clock import Clock
from ragstone.kit.scope import Scope
from ragstone.ports.job_queue import JobQueue

RETRY_FLAG = "retry"
"""Set in the payload of a job that is tried again; its handler takes up what it had given up."""


async def retry(db: Database, queue: JobQueue, clock: Clock, scope: Scope, job_id: str) -> Job:
    """Put the job back into the queue with all its attempts; one that waits for its next attempt is due at once.

    Raises `JobNotFound`, `JobNotFailed`.
    """
    require(scope, Permission.WRITE)
    job = await get_job(db, scope, job_id)
    if job.status is JobStatus.QUEUED and not job.payload.get(HELD_FLAG):
        return await _hurry(db, queue, clock, scope, job)
    if job.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
        raise JobNotFailed(job_id=job_id, status=job.status)
    now = clock.now()
    async with db.transaction(scope) as connection:
        changed = await store.update_job(
            connection,
            scope,
            job,
            status=JobStatus.QUEUED,
            payload={**job.payload, RETRY_FLAG: True},
            priority=max(job.priority, Priority.NORMAL) if job.status is JobStatus.FAILED else Priority.NORMAL,
            attempt=0,
            waits=0,
            losses=0,
            in_hand=None,
            run_at=now,
            updated_at=now,
            cancel_requested=False,
            last_error=None,
            finished_at=None,
        )
        if changed:
            await note(connection, scope, Deed("retry_job", (job_id,)), now)
    if not changed:
        raise JobNotFailed(job_id=job_id, status=JobStatus.QUEUED)
    await queue.send(job_id)
    return await get_job(db, scope, job_id)


async def _hurry(db: Database, queue: JobQueue, clock: Clock, scope: Scope, job: Job) -> Job:
    """Whoever asks has mended what the job waits for, so that its delays begin anew."""
    now = clock.now()
    if job.run_at > now:
        async with db.transaction(scope) as connection:
            await store.update_job(connection, scope, job, run_at=now, waits=0, updated_at=now)
            await note(connection, scope, Deed("retry_job", (job.id,)), now)
        await queue.send(job.id)
    return await get_job(db, scope, job.id)
