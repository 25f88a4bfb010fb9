"""The doctor's own SQL: it reads across tenants, and says of everything whose it is."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.db.dialect import binary_order
from ragstone.features.collections.tables import collections
from ragstone.features.documents import embedding_store
from ragstone.features.documents.delete import PURGE
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.store import is_of_active_version
from ragstone.features.documents.tables import (
    chunks,
    documents,
    embeddings,
    upload_intents,
    version_parts,
    version_texts,
    versions,
)
from ragstone.features.jobs.job import FINAL
from ragstone.features.jobs.tables import jobs
from ragstone.ports.search_index import IndexSpace

_PAGE: Final = 2000


@dataclass(frozen=True, slots=True)
class ExpectedBlob:
    """A blob some version was made from."""

    tenant_id: str
    document_id: str
    blob_key: str
    size_bytes: int
    sha256: str


async def list_expected_spaces(db: Database) -> list[IndexSpace]:
    """Every space some collection may have points in: where it is searched, is moving to, or may go back to."""
    columns = collections.c
    pairs = (
        (columns.generation, columns.dimensions),
        (columns.next_generation, columns.next_dimensions),
        (columns.previous_generation, columns.previous_dimensions),
    )
    selects = [sa.select(columns.tenant_id, *pair).where(pair[0].is_not(None)) for pair in pairs]
    async with db.read_across_tenants() as connection:
        return [IndexSpace(*row) for row in await connection.execute(sa.union(*selects))]


async def iter_active_chunks(db: Database, space: IndexSpace) -> AsyncIterator[tuple[str, bool]]:
    """Chunks of active versions that may be in a space, in the order the index scans, and whether they have to be.

    A space a collection is moving to is not full yet, and one it may go back to lacks what came in since.
    """
    key = binary_order(chunks.c.id)
    is_searched = collections.c.generation == space.generation
    statement = (
        sa.select(chunks.c.id, is_searched)
        .select_from(chunks)
        .join(documents, is_of_active_version())
        .join(collections, collections.c.id == documents.c.collection_id)
        .where(
            chunks.c.tenant_id == space.tenant_id,
            sa.or_(
                is_searched,
                collections.c.next_generation == space.generation,
                collections.c.previous_generation == space.generation,
            ),
            documents.c.deleted_at.is_(None),
        )
        .order_by(key)
        .limit(_PAGE)
    )
    after = ""
    while True:
        async with db.read_across_tenants() as connection:
            page = (await connection.execute(statement.where(key > after))).all()
        for chunk_id, is_required in page:
            yield chunk_id, bool(is_required)
        if len(page) < _PAGE:
            return
        after = page[-1].id


@dataclass(frozen=True, slots=True)
class PassageCount:
    """How many passages of a tenant something holds for under one generation."""

    tenant_id: str
    generation: str
    passages: int


async def iter_missing_embeddings(db: Database) -> AsyncIterator[PassageCount]:
    """Passages of active versions that have no vector in their collection's generation, and should have one."""
    statement = (
        sa.select(
            chunks.c.tenant_id,
            collections.c.generation,
            sa.func.count(sa.distinct(chunks.c.passage_sha256)),
        )
        .select_from(embedding_store.with_vectors())
        .where(embedding_store.is_missing())
        .group_by(chunks.c.tenant_id, collections.c.generation)
    )
    async with db.read_across_tenants() as connection:
        for row in await connection.execute(statement):
            yield PassageCount(*row)


async def iter_orphaned_embeddings(db: Database) -> AsyncIterator[PassageCount]:
    """Vectors of passages that no chunk says in a collection which has their generation."""
    statement = (
        sa.select(embeddings.c.tenant_id, embeddings.c.generation, sa.func.count())
        .where(~embedding_store.is_needed())
        .group_by(embeddings.c.tenant_id, embeddings.c.generation)
    )
    async with db.read_across_tenants() as connection:
        for row in await connection.execute(statement):
            yield PassageCount(*row)


async def iter_texts(db: Database) -> AsyncIterator[tuple[Any, bytes]]:
    """Every published version with its canonical text; the row has tenant_id, document_id, id and text_sha256."""
    statement = (
        sa.select(versions.c.tenant_id, versions.c.document_id, versions.c.id, versions.c.text_sha256)
        .where(versions.c.text_sha256.is_not(None))
        .order_by(versions.c.id)
        .limit(_PAGE)
    )
    after = ""
    while True:
        async with db.read_across_tenants() as connection:
            page = (await connection.execute(statement.where(versions.c.id > after))).all()
        for row in page:
            content = sa.select(version_texts.c.content).where(version_texts.c.version_id == row.id)
            async with db.read_across_tenants() as connection:
                yield row, await connection.scalar(content) or b""
        if len(page) < _PAGE:
            return
        after = page[-1].id


async def list_expected_blobs(db: Database) -> dict[str, ExpectedBlob]:
    """Every blob that belongs to a version, by key."""
    columns = ("tenant_id", "document_id", "blob_key", "size_bytes", "source_sha256")
    statement = sa.union_all(
        *(
            sa.select(*(table.c[name] for name in columns)).where(table.c.blob_key.is_not(None))
            for table in (version_parts, versions)
        )
    )
    async with db.read_across_tenants() as connection:
        return {row.blob_key: ExpectedBlob(*row) for row in await connection.execute(statement)}


async def list_announced_blobs(db: Database) -> set[str]:
    """Blobs of uploads that are going on, or were broken off."""
    async with db.read_across_tenants() as connection:
        return set(await connection.scalars(sa.select(upload_intents.c.blob_key)))


async def list_stuck_moves(db: Database) -> Sequence[Any]:
    """Collections whose generation is being changed by no job; rows have tenant_id, id, generation_job_id."""
    statement = (
        sa.select(collections.c.tenant_id, collections.c.id, collections.c.generation_job_id)
        .join_from(collections, jobs, jobs.c.id == collections.c.generation_job_id, isouter=True)
        .where(
            collections.c.generation_job_id.is_not(None),
            collections.c.deleted_at.is_(None),
            sa.or_(jobs.c.id.is_(None), jobs.c.status.in_(FINAL)),
        )
    )
    async with db.read_across_tenants() as connection:
        return (await connection.execute(statement)).all()


async def list_stuck_versions(db: Database) -> Sequence[Any]:
    """Versions that wait for a job that is over or gone; rows have tenant_id, document_id, id."""
    statement = (
        sa.select(versions.c.tenant_id, versions.c.document_id, versions.c.id)
        .join_from(versions, jobs, jobs.c.id == versions.c.job_id, isouter=True)
        .where(versions.c.status == DocumentStatus.PENDING, sa.or_(jobs.c.id.is_(None), jobs.c.status.in_(FINAL)))
    )
    async with db.read_across_tenants() as connection:
        return (await connection.execute(statement)).all()


async def list_stuck_deletions(db: Database) -> Sequence[Any]:
    """Collections that hide documents which no job is going to remove; rows have tenant_id, collection_id."""
    purging = sa.select(jobs.c.id).where(
        jobs.c.kind == PURGE,
        jobs.c.tenant_id == documents.c.tenant_id,
        jobs.c.status.not_in(FINAL),
    )
    statement = (
        sa.select(documents.c.tenant_id, documents.c.collection_id)
        .where(documents.c.deleted_at.is_not(None), ~sa.exists(purging))
        .distinct()
    )
    async with db.read_across_tenants() as connection:
        return (await connection.execute(statement)).all()


async def count_rows(db: Database) -> dict[str, int]:
    """How many documents, chunks and vectors there are."""
    live = sa.select(sa.func.count()).select_from(documents).where(documents.c.deleted_at.is_(None))
    async with db.read_across_tenants() as connection:
        return {
            "documents": await connection.scalar(live) or 0,
            "chunks": await connection.scalar(sa.select(sa.func.count()).select_from(chunks)) or 0,
            "embeddings": await connection.scalar(sa.select(sa.func.count()).select_from(embeddings)) or 0,
        }
