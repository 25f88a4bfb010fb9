"""Whose turn it is: the SQL that picks the next job of the whole installation.

Tenants take turns, as in fair queueing (Demers, Keshav and Shenker, 1989): of those with a job that is due, the one
with the fewest jobs at work is next, then the one that was served longest ago. Only within a tenant priority decides,
and then age. What a pick costs grows with the number of tenants that wait, not with the number of their jobs: the next
tenant and each tenant's next job are found by a step into `ix_jobs_turn` each.
"""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.jobs.job import Job, JobStatus, Priority
from ragstone.features.jobs.tables import job_turns, jobs, workers

_QUEUED: Final = jobs.c.status == JobStatus.QUEUED
_RUNNING: Final = jobs.c.status == JobStatus.RUNNING
_ORDINARY: Final = tuple(priority for priority in reversed(Priority) if priority is not Priority.URGENT)


async def is_anything_due(connection: AsyncConnection, now: datetime) -> bool:
    """Whether a claim could find something: a job that is due, or one whose worker has gone silent."""
    due = sa.select(jobs.c.id).where(_QUEUED, jobs.c.run_at <= now).limit(1)
    silent = sa.select(jobs.c.id).where(_RUNNING, jobs.c.lease_expires_at < now).limit(1)
    return bool(await connection.scalar(sa.select(sa.or_(due.exists(), silent.exists()))))


async def count_slots(connection: AsyncConnection, seen_after: datetime) -> int:
    """How many ordinary jobs all live workers together can run at once."""
    slots = await connection.scalar(sa.select(sa.func.sum(workers.c.slots)).where(workers.c.seen_at >= seen_after))
    return int(slots or 0)


async def count_due(connection: AsyncConnection, now: datetime) -> tuple[int, datetime | None]:
    """How many jobs are due, and since when the oldest is."""
    statement = sa.select(sa.func.count(), sa.func.min(jobs.c.run_at)).where(_QUEUED, jobs.c.run_at <= now)
    n_due, oldest = (await connection.execute(statement)).one()
    return n_due, oldest


async def count_running(connection: AsyncConnection) -> int:
    """How many ordinary jobs are at work."""
    return int(await connection.scalar(sa.select(sa.func.count()).where(_RUNNING, _is_ordinary())) or 0)


async def find_next(
    connection: AsyncConnection, now: datetime, tenant_cap: int, *, urgent_only: bool = False
) -> tuple[str, str] | None:
    """The (tenant, job) whose turn it is. A tenant with `tenant_cap` jobs at work has no turn but for urgent ones."""
    waiting = _waiting_tenants()
    busy = (
        sa.select(jobs.c.tenant_id, sa.func.count().label("n"))
        .where(_RUNNING, _is_ordinary())
        .group_by(jobs.c.tenant_id)
        .cte("busy")
    )
    n_busy = sa.func.coalesce(busy.c.n, 0)
    urgent = _first_job(waiting.c.tenant_id, Priority.URGENT, now)
    ordinary = sa.func.coalesce(*(_first_job(waiting.c.tenant_id, priority, now) for priority in _ORDINARY))
    job_id = urgent if urgent_only else sa.func.coalesce(urgent, sa.case((n_busy < tenant_cap, ordinary)))
    statement = (
        sa.select(waiting.c.tenant_id, job_id.label("job_id"))
        .select_from(waiting)
        .outerjoin(busy, busy.c.tenant_id == waiting.c.tenant_id)
        .outerjoin(job_turns, job_turns.c.tenant_id == waiting.c.tenant_id)
        .where(waiting.c.tenant_id.is_not(None))
        .add_columns(n_busy.label("n_busy"), job_turns.c.served_at)
        .subquery()
    )
    order = (statement.c.n_busy, statement.c.served_at.asc().nulls_first(), statement.c.tenant_id)
    chosen = sa.select(statement.c.tenant_id, statement.c.job_id).where(statement.c.job_id.is_not(None))
    row = (await connection.execute(chosen.order_by(*order).limit(1))).one_or_none()
    return (row[0], row[1]) if row else None


async def do_others_wait(connection: AsyncConnection, job: Job, now: datetime) -> bool:
    """Whether somebody should have this job's slot: another tenant, or a more urgent job of its own."""
    waiting = _waiting_tenants()
    any_job = sa.func.coalesce(*(_first_job(waiting.c.tenant_id, priority, now) for priority in reversed(Priority)))
    others = sa.select(waiting.c.tenant_id).where(
        waiting.c.tenant_id.is_not(None), waiting.c.tenant_id != job.tenant_id, any_job.is_not(None)
    )
    own = sa.select(jobs.c.id).where(
        _QUEUED, jobs.c.tenant_id == job.tenant_id, jobs.c.priority > job.priority, jobs.c.run_at <= now
    )
    return bool(await connection.scalar(sa.select(sa.or_(own.exists(), others.exists()))))


async def note_served(connection: AsyncConnection, tenant_id: str, now: datetime) -> None:
    """The tenant has had its turn. Only one claim runs at a time, so nobody else inserts the row meanwhile."""
    changed = await connection.execute(
        sa.update(job_turns).where(job_turns.c.tenant_id == tenant_id).values(served_at=now)
    )
    if changed.rowcount == 0:
        await connection.execute(sa.insert(job_turns).values(tenant_id=tenant_id, served_at=now))


def _is_ordinary() -> sa.ColumnElement[bool]:
    return jobs.c.priority < Priority.URGENT


def _waiting_tenants() -> sa.CTE:
    """Tenants with queued jobs, by a loose index scan; the last row is null."""
    first = sa.select(sa.func.min(jobs.c.tenant_id).label("tenant_id")).where(_QUEUED)
    waiting = first.cte("waiting", recursive=True)
    following = sa.select(sa.func.min(jobs.c.tenant_id)).where(_QUEUED, jobs.c.tenant_id > waiting.c.tenant_id)
    return waiting.union_all(sa.select(following.scalar_subquery()).where(waiting.c.tenant_id.is_not(None)))


def _first_job(tenant_id: sa.ColumnElement[str], priority: Priority, now: datetime) -> sa.ScalarSelect[Any]:
    """The job of a tenant that has been due longest, among those of one priority."""
    mine = sa.select(jobs.c.id).where(
        _QUEUED, jobs.c.tenant_id == tenant_id, jobs.c.priority == int(priority), jobs.c.run_at <= now
    )
    return mine.order_by(jobs.c.run_at, jobs.c.id).limit(1).scalar_subquery()
