"""Look at jobs."""

from collections.abc import Sequence

from ragstone.db.database import Database
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.jobs import store
from ragstone.features.jobs.job import Job, JobNotFound, JobStatus
from ragstone.features.jobs.store import JobFilter
from ragstone.kit.pagination import Page, decode_cursor, encode_cursor
from ragstone.kit.scope import Scope


async def get_job(db: Database, scope: Scope, job_id: str) -> Job:
    """A job. Raises `JobNotFound`."""
    require(scope, Permission.READ)
    async with db.read(scope) as connection:
        job = await store.find_job(connection, scope, job_id)
    if job is None:
        raise JobNotFound(job_id=job_id)
    return job


async def list_jobs(
    db: Database,
    scope: Scope,
    *,
    statuses: Sequence[JobStatus] = (),
    kind: str | None = None,
    cursor: str | None = None,
    limit: int,
) -> Page[Job]:
    """Jobs, newest first; of some statuses, of one kind."""
    require(scope, Permission.READ)
    before = str(decode_cursor(cursor, 1)[0]) if cursor else None
    async with db.read(scope) as connection:
        found = await store.list_jobs(connection, scope, JobFilter(statuses, kind), before, limit + 1)
    items = tuple(found[:limit])
    return Page(items, encode_cursor(items[-1].id) if len(found) > limit else None)
