"""Take back what a broken request had already written."""

from ragstone.db.database import Database
from ragstone.features.documents import external_store
from ragstone.features.jobs import hold
from ragstone.features.jobs import store as job_store
from ragstone.features.jobs.job import HELD_FLAG
from ragstone.kit.clock import Clock
from ragstone.kit.scope import Scope


async def discard_held(db: Database, clock: Clock, scope: Scope, job_id: str) -> int:
    """End the holding of a job whose input broke off; how many versions are left for it to read.

    Documents without an external id go, as whoever sent them will send them again. Those with one stay and are read:
    sent again they are the same documents. A job with nothing left goes too.
    """
    async with db.transaction(scope) as connection:
        job = await job_store.find_job(connection, scope, job_id)
        if job is None or not job.payload.get(HELD_FLAG):
            return 0
        await external_store.delete_unkeyed(connection, scope, job_id)
        left = await external_store.count_versions(connection, scope, job_id)
        if left:
            await hold.release(connection, scope, job, left, clock.now())
        else:
            await job_store.delete_held(connection, scope, job_id)
    return left
