"""All SQL of tenants from above: asked for by the administrator of the platform, not by a tenant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.metadata import metadata
from ragstone.db.outbox import outbox
from ragstone.features.accounts.tables import api_keys, memberships, tenants, users
from ragstone.features.audit.tables import audit_chains, audit_records
from ragstone.features.jobs.job import JobStatus
from ragstone.features.jobs.tables import jobs
from ragstone.features.operations.tenants.tenant import TenantRecord

_COLUMNS: Final = (
    tenants.c.id,
    tenants.c.name,
    tenants.c.created_at,
    tenants.c.suspended_at,
    tenants.c.deleted_at,
)


async def insert_tenant(connection: AsyncConnection, tenant: TenantRecord) -> None:
    """Add a tenant."""
    row = {"id": tenant.id, "name": tenant.name, "created_at": tenant.created_at}
    await connection.execute(sa.insert(tenants).values(row))


async def find_tenant(connection: AsyncConnection, tenant_id: str) -> TenantRecord | None:
    """A tenant, also one that is being deleted."""
    row = (await connection.execute(sa.select(*_COLUMNS).where(tenants.c.id == tenant_id))).one_or_none()
    return TenantRecord(*row) if row else None


async def list_tenants(connection: AsyncConnection, after: str | None, limit: int) -> Sequence[TenantRecord]:
    """All tenants, oldest first."""
    statement = sa.select(*_COLUMNS).order_by(tenants.c.id).limit(limit)
    if after is not None:
        statement = statement.where(tenants.c.id > after)
    return [TenantRecord(*row) for row in await connection.execute(statement)]


async def update_tenant(connection: AsyncConnection, tenant_id: str, **values: Any) -> None:
    """Change columns of a tenant."""
    await connection.execute(sa.update(tenants).where(tenants.c.id == tenant_id).values(values))


async def has_first_key(connection: AsyncConnection, tenant_id: str) -> bool:
    """Whether the first administrator's key is of this tenant."""
    is_there = sa.exists().where(api_keys.c.tenant_id == tenant_id, api_keys.c.is_bootstrap)
    return bool(await connection.scalar(sa.select(is_there)))


async def stop_jobs(connection: AsyncConnection, tenant_id: str, now: datetime) -> int:
    """Ask for every job to be stopped, and drop those nobody works on; how many are still in somebody's hands."""
    theirs = jobs.c.tenant_id == tenant_id
    running = sa.and_(theirs, jobs.c.status == JobStatus.RUNNING)
    await connection.execute(sa.delete(jobs).where(theirs, jobs.c.status != JobStatus.RUNNING))
    await connection.execute(sa.update(jobs).where(running).values(cancel_requested=True, updated_at=now))
    return int(await connection.scalar(sa.select(sa.func.count()).select_from(jobs).where(running)) or 0)


def tables_of_tenants() -> list[sa.Table]:
    """Every table with rows of tenants, such that none comes before one that refers to it.

    Without the audit log, which tells who deleted the tenant and goes by retention alone, and what is on its way there.
    """
    kept = {audit_records, audit_chains, outbox}
    return [table for table in reversed(metadata.sorted_tables) if "tenant_id" in table.c and table not in kept]


async def delete_rows(connection: AsyncConnection, table: sa.Table, tenant_id: str, limit: int) -> int:
    """Drop some rows of a tenant; how many."""
    key = sa.tuple_(*table.primary_key.columns)
    some = sa.select(*table.primary_key.columns).where(table.c.tenant_id == tenant_id).limit(limit)
    return (await connection.execute(sa.delete(table).where(key.in_(some)))).rowcount


async def list_member_ids(connection: AsyncConnection, tenant_id: str) -> Sequence[str]:
    """The users who are members of a tenant."""
    return list(await connection.scalars(sa.select(memberships.c.user_id).where(memberships.c.tenant_id == tenant_id)))


async def delete_tenant(connection: AsyncConnection, tenant_id: str, user_ids: Sequence[str]) -> None:
    """Drop a tenant, and those of some users who are now members of none. The platform's administrators stay."""
    await connection.execute(sa.delete(tenants).where(tenants.c.id == tenant_id))
    elsewhere = sa.exists().where(memberships.c.user_id == users.c.id)
    nowhere = sa.and_(users.c.id.in_(user_ids), ~elsewhere, sa.not_(users.c.is_platform_admin))
    await connection.execute(sa.delete(users).where(nowhere))
