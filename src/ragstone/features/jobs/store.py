"""All SQL of the job table. Tenants' reads take a `Scope`; workers act for the installation as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import json_text
from ragstone.features.jobs.job import FINAL, HELD_FLAG, Job, JobStatus, LeaseLost, Priority
from ragstone.features.jobs.tables import jobs
from ragstone.kit.scope import Scope

_IS_HELD = json_text(jobs.c.payload, HELD_FLAG) == "true"
_COLUMNS = [jobs.c[field.name] for field in fields(Job)]


UNCOUNTED: Final[Mapping[str, Any]] = {"attempt": jobs.c.attempt - 1}
"""Set with `update_held`: the attempt ended through no fault of the work."""


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs are listed: those of some statuses (none named: of any), of one kind."""

    statuses: Sequence[JobStatus] = ()
    kind: str | None = None


def _job(row: Mapping[Any, Any]) -> Job:
    return Job(**{**row, "status": JobStatus(row["status"]), "priority": Priority(row["priority"])})


def mine(scope: Scope) -> sa.ColumnElement[bool]:
    """The jobs that exist for the caller."""
    of_tenant = jobs.c.tenant_id == scope.tenant_id
    if scope.collection_ids is None:
        return of_tenant
    return sa.and_(of_tenant, jobs.c.collection_id.in_(scope.collection_ids))


async def insert_job(connection: AsyncConnection, job: Job) -> None:
    """Insert a job row."""
    await connection.execute(sa.insert(jobs).values(**{field.name: getattr(job, field.name) for field in fields(Job)}))


async def find_job(connection: AsyncConnection, scope: Scope, job_id: str) -> Job | None:
    """A tenant's job."""
    statement = sa.select(*_COLUMNS).where(jobs.c.id == job_id, mine(scope))
    row = (await connection.execute(statement)).mappings().one_or_none()
    return _job(row) if row else None


async def list_jobs(
    connection: AsyncConnection, scope: Scope, wanted: JobFilter, before: str | None, limit: int
) -> Sequence[Job]:
    """A tenant's jobs, newest first, those older than `before`."""
    statement = sa.select(*_COLUMNS).where(mine(scope))
    if wanted.statuses:
        statement = statement.where(jobs.c.status.in_(wanted.statuses))
    if wanted.kind is not None:
        statement = statement.where(jobs.c.kind == wanted.kind)
    if before is not None:
        statement = statement.where(jobs.c.id < before)
    rows = (await connection.execute(statement.order_by(jobs.c.id.desc()).limit(limit))).mappings()
    return [_job(row) for row in rows]


async def list_news(connection: AsyncConnection, scope: Scope, since: datetime, limit: int) -> Sequence[Job]:
    """A tenant's jobs that changed at or after a moment; if there are more than `limit`, those that changed last."""
    statement = sa.select(*_COLUMNS).where(mine(scope), jobs.c.updated_at >= since)
    rows = (
        await connection.execute(statement.order_by(jobs.c.updated_at.desc(), jobs.c.id.desc()).limit(limit))
    ).mappings()
    return [_job(row) for row in reversed(list(rows))]


async def take_job(
    connection: AsyncConnection, job_id: str, owner: str, now: datetime, lease_until: datetime
) -> Job | None:
    """Put a queued job into the hands of `owner` and raise its fencing number. None if it is queued no more."""
    statement = (
        sa.update(jobs)
        .where(jobs.c.id == job_id, jobs.c.status == JobStatus.QUEUED)
        .values(
            status=JobStatus.RUNNING,
            lease_owner=owner,
            lease_expires_at=lease_until,
            fence=jobs.c.fence + 1,
            attempt=jobs.c.attempt + 1,
            started_at=sa.func.coalesce(jobs.c.started_at, sa.bindparam("now", now, type_=jobs.c.started_at.type)),
            progress_at=now,
            updated_at=now,
        )
        .returning(*_COLUMNS)
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    return _job(row) if row else None


async def release_silent(connection: AsyncConnection, now: datetime) -> int:
    """Put jobs whose worker has let its lease run out back into the queue; how many."""
    return await _release(connection, now, jobs.c.lease_expires_at < now)


async def release_all(connection: AsyncConnection, now: datetime) -> int:
    """Put every running job back into the queue; how many. Only for a process that knows it is the only one."""
    return await _release(connection, now, sa.true())


async def _release(connection: AsyncConnection, now: datetime, which: sa.ColumnElement[bool]) -> int:
    statement = (
        sa.update(jobs)
        .where(jobs.c.status == JobStatus.RUNNING, which)
        .values(**back_in_queue(now), losses=jobs.c.losses + 1)
    )
    return (await connection.execute(statement)).rowcount


def back_in_queue(now: datetime) -> dict[str, Any]:
    """What changes when a job goes back into the queue. If it is to be cancelled, it waits for no turn."""
    return {
        "status": JobStatus.QUEUED,
        "priority": sa.case((jobs.c.cancel_requested, int(Priority.URGENT)), else_=jobs.c.priority),
        "lease_owner": None,
        "lease_expires_at": None,
        "updated_at": now,
    }


async def update_held(connection: AsyncConnection, job: Job, **values: Any) -> None:
    """Change a job this worker holds. Raises `LeaseLost` if it is held no more."""
    statement = (
        sa.update(jobs)
        .where(jobs.c.id == job.id, jobs.c.fence == job.fence, jobs.c.status == JobStatus.RUNNING)
        .values(**values)
    )
    if (await connection.execute(statement)).rowcount == 0:
        raise LeaseLost(job.id)


async def is_cancel_requested(connection: AsyncConnection, job: Job) -> bool:
    """Whether somebody wants a running job to stop."""
    return bool(await connection.scalar(sa.select(jobs.c.cancel_requested).where(jobs.c.id == job.id)))


async def count_waits(connection: AsyncConnection, job: Job) -> int:
    """How often in a row a running job had to wait for something it needs."""
    return int(await connection.scalar(sa.select(jobs.c.waits).where(jobs.c.id == job.id)) or 0)


async def update_job(connection: AsyncConnection, scope: Scope, job: Job, **values: Any) -> bool:
    """Change a tenant's job if its status is still the one that was read. Tells whether it was."""
    statement = sa.update(jobs).where(jobs.c.id == job.id, mine(scope), jobs.c.status == job.status).values(**values)
    return (await connection.execute(statement)).rowcount > 0


async def expire_holds(connection: AsyncConnection, now: datetime) -> int:
    """Make every held job due; how many. Only for a process that knows that nobody is sending their input any more."""
    statement = sa.update(jobs).where(jobs.c.status == JobStatus.QUEUED, _IS_HELD).values(run_at=now)
    return (await connection.execute(statement)).rowcount


async def delete_finished(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Drop some of the jobs that ended before a moment; how many."""
    old = sa.select(jobs.c.id).where(jobs.c.status.in_(FINAL), jobs.c.finished_at < before).limit(limit)
    return (await connection.execute(sa.delete(jobs).where(jobs.c.id.in_(old)))).rowcount


async def delete_held(connection: AsyncConnection, scope: Scope, job_id: str) -> bool:
    """Drop a job if it is held. Tells whether it was."""
    statement = sa.delete(jobs).where(mine(scope), jobs.c.id == job_id, _IS_HELD)
    return (await connection.execute(statement)).rowcount > 0


async def list_running(connection: AsyncConnection, scope: Scope, job_ids: Sequence[str]) -> Sequence[str]:
    """Those of the jobs that a worker holds."""
    statement = sa.select(jobs.c.id).where(
        jobs.c.tenant_id == scope.tenant_id, jobs.c.id.in_(job_ids), jobs.c.status == JobStatus.RUNNING
    )
    return list(await connection.scalars(statement))
