"""The SQL of what a tenant's jobs have in front of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.jobs.job import JobStatus
from ragstone.features.jobs.tables import job_turns, jobs
from ragstone.kit.scope import Scope

_QUEUED: Final = jobs.c.status == JobStatus.QUEUED


async def rank_due(
    connection: AsyncConnection, scope: Scope, now: datetime, job_ids: Sequence[str]
) -> Mapping[str, int]:
    """For each of the jobs that is due, how many jobs of its tenant come before it."""
    order = (jobs.c.priority.desc(), jobs.c.run_at, jobs.c.id)
    ranked = (
        sa.select(jobs.c.id, (sa.func.row_number().over(order_by=order) - 1).label("ahead"))
        .where(_QUEUED, jobs.c.tenant_id == scope.tenant_id, jobs.c.run_at <= now)
        .subquery()
    )
    rows = await connection.execute(sa.select(ranked.c.id, ranked.c.ahead).where(ranked.c.id.in_(job_ids)))
    return {row.id: row.ahead for row in rows}


async def count_due_of_others(connection: AsyncConnection, scope: Scope, now: datetime) -> Sequence[int]:
    """How many due jobs each other tenant has, without telling whose they are."""
    statement = (
        sa.select(sa.func.count())
        .where(_QUEUED, jobs.c.tenant_id != scope.tenant_id, jobs.c.run_at <= now)
        .group_by(jobs.c.tenant_id)
    )
    return list(await connection.scalars(statement))


async def count_own_running(connection: AsyncConnection, scope: Scope) -> int:
    """How many of the tenant's jobs are at work."""
    statement = sa.select(sa.func.count()).where(
        jobs.c.status == JobStatus.RUNNING, jobs.c.tenant_id == scope.tenant_id
    )
    return int(await connection.scalar(statement) or 0)


async def find_served_at(connection: AsyncConnection, scope: Scope) -> datetime | None:
    """When the tenant last had its turn."""
    statement = sa.select(job_turns.c.served_at).where(job_turns.c.tenant_id == scope.tenant_id)
    served_at: datetime | None = await connection.scalar(statement)
    return served_at
