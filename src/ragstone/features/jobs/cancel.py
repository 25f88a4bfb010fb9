"""Stop a job."""

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.jobs import store
from ragstone.features.jobs.job import FINAL, Job, JobFinished, JobStatus, Priority
from ragstone.features.jobs.read import get_job
from ragstone.kit.clock import Clock
from ragstone.kit.scope import Scope
from ragstone.ports.job_queue import JobQueue


async def cancel(db: Database, queue: JobQueue, clock: Clock, scope: Scope, job_id: str) -> Job:
    """Ask for a job to be stopped. A worker stops it and leaves nothing half done; also one still in the queue,
    which becomes urgent: all that is left to do is to take back what it holds.

    Raises `JobNotFound`, `JobFinished`.
    """
    require(scope, Permission.WRITE)
    changed = False
    while not changed:
        job = await get_job(db, scope, job_id)
        if job.status in FINAL:
            raise JobFinished(job_id=job_id, status=job.status)
        now = clock.now()
        due = {"run_at": now, "priority": Priority.URGENT} if job.status is JobStatus.QUEUED else {}
        async with db.transaction(scope) as connection:
            changed = await store.update_job(connection, scope, job, cancel_requested=True, updated_at=now, **due)
            if changed:
                await note(connection, scope, Deed("cancel_job", (job_id,)), now)
    await queue.send(job_id)
    return await get_job(db, scope, job_id)
