"""What tests of a whole server do again and again."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.documents.delete import PURGE
from ragstone.features.documents.intake.draft import TextDraft
from ragstone.features.documents.intake.ingest import ingest
from ragstone.features.jobs.job import JobStatus
from ragstone.features.jobs.tables import jobs
from ragstone.features.jobs.watch import iter_states
from ragstone.features.search.find import find
from ragstone.features.search.result import Mode, SearchOutcome, SearchRequest
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime


async def end_of(runtime: Runtime, tenant: Scope, job_id: str) -> JobStatus:
    """How a job ends. A worker has to be at work."""
    return [job.status async for job in iter_states(runtime.db, tenant, job_id)][-1]


async def write(runtime: Runtime, tenant: Scope, collection_id: str | None, *texts: str, title: str = "Note") -> None:
    """Ingest texts, each a document of the same title."""
    receipt = await ingest(runtime, tenant, collection_id, [TextDraft(text, title) for text in texts])
    assert await end_of(runtime, tenant, receipt.job.id) is JobStatus.SUCCEEDED


async def until_purged(runtime: Runtime) -> None:
    """Wait until nothing hidden is left. A worker has to be at work."""
    purges = sa.select(jobs.c.id, jobs.c.tenant_id).where(jobs.c.kind == PURGE)
    for job_id, tenant_id in await rows(runtime, purges):
        assert await end_of(runtime, Scope(tenant_id, "tester", ALL_PERMISSIONS), job_id) is JobStatus.SUCCEEDED


async def rows(runtime: Runtime, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
    """What a query finds."""
    async with runtime.db.read_across_tenants() as connection:
        return [tuple(row) for row in await connection.execute(statement)]


async def search(
    runtime: Runtime, tenant: Scope, query: str, mode: Mode = Mode.HYBRID, collection_ids: Sequence[str] | None = None
) -> SearchOutcome:
    """Search without removing repetitions."""
    request = SearchRequest(query, collection_ids=collection_ids, mode=mode, limit=100, dedupe=False)
    return await find(runtime, tenant, request)
