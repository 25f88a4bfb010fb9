"""The SQL of reading documents again."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import json_text
from ragstone.features.collections.tables import collections
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.store import live
from ragstone.features.documents.tables import documents, versions
from ragstone.features.jobs.job import Job, JobStatus
from ragstone.features.jobs.store import find_job
from ragstone.features.jobs.tables import jobs
from ragstone.kit.scope import Scope


async def find_waiting(connection: AsyncConnection, scope: Scope, collection_id: str, kind: str) -> Job | None:
    """A job that is going to read all of a collection again, and has not begun."""
    job_id = await connection.scalar(
        sa.select(jobs.c.id)
        .where(
            jobs.c.tenant_id == scope.tenant_id,
            jobs.c.kind == kind,
            jobs.c.status == JobStatus.QUEUED,
            jobs.c.attempt == 0,
            json_text(jobs.c.payload, "collection_id") == collection_id,
            json_text(jobs.c.payload, "document_id").is_(None),
            json_text(jobs.c.payload, "after") == "",
        )
        .limit(1)
    )
    return await find_job(connection, scope, job_id) if job_id else None


async def measure(connection: AsyncConnection, scope: Scope, collection_id: str) -> tuple[int, str]:
    """How many documents a collection has, and the last of them."""
    statement = sa.select(sa.func.count(), sa.func.max(documents.c.id)).where(
        live(scope), documents.c.collection_id == collection_id
    )
    count, last = (await connection.execute(statement)).one()
    return count, last or ""


async def list_next(connection: AsyncConnection, scope: Scope, payload: Mapping[str, Any], limit: int) -> list[str]:
    """The documents a job has to take next."""
    statement = (
        sa.select(documents.c.id)
        .where(
            live(scope),
            documents.c.collection_id == payload["collection_id"],
            documents.c.id > payload["after"],
            documents.c.id <= payload["until"],
        )
        .order_by(documents.c.id)
        .limit(limit)
    )
    only = payload.get("document_id")
    return list(await connection.scalars(statement if only is None else statement.where(documents.c.id == only)))


async def hand_over(connection: AsyncConnection, scope: Scope, version_ids: Sequence[str], job_id: str) -> None:
    """Give versions that could not be read to another job."""
    await connection.execute(
        sa.update(versions)
        .where(versions.c.tenant_id == scope.tenant_id, versions.c.id.in_(version_ids))
        .values(job_id=job_id)
    )


async def drop_pending(connection: AsyncConnection, scope: Scope, version_id: str) -> None:
    """Drop a version that was read again and came out the same."""
    await connection.execute(
        sa.delete(versions).where(
            versions.c.tenant_id == scope.tenant_id,
            versions.c.id == version_id,
            versions.c.status == DocumentStatus.PENDING,
        )
    )


async def count_published(connection: AsyncConnection, scope: Scope, job_id: str) -> int:
    """How many versions a job has published, whatever became of them since."""
    statement = sa.select(sa.func.count()).where(
        versions.c.tenant_id == scope.tenant_id, versions.c.job_id == job_id, versions.c.published_at.is_not(None)
    )
    return await connection.scalar(statement) or 0


async def note_indexed(
    connection: AsyncConnection, scope: Scope, collection_id: str, chunking: Mapping[str, Any]
) -> None:
    """Everything in a collection is cut in this way now."""
    await connection.execute(
        sa.update(collections)
        .where(collections.c.tenant_id == scope.tenant_id, collections.c.id == collection_id)
        .values(indexed_chunking=dict(chunking))
    )
