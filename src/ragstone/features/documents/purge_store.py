"""The SQL of deletion: hiding documents, and finding and dropping what hidden ones have left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.collections.tables import collections
from ragstone.features.documents import embedding_store
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.store import live
from ragstone.features.documents.tables import documents, upload_intents, versions
from ragstone.kit.scope import Scope
from ragstone.ports.search_index import IndexSpace


@dataclass(frozen=True, slots=True)
class Hidden:
    """A document that is being deleted, and the jobs that may still be writing something of it."""

    document_id: str
    interrupted_job_ids: tuple[str, ...]


async def hide_document(connection: AsyncConnection, scope: Scope, document_id: str, now: datetime) -> str | None:
    """Hide one document and give up its unread versions; its collection, or None if there was no such document."""
    collection_id: str | None = await connection.scalar(
        sa.update(documents)
        .where(live(scope), documents.c.id == document_id)
        .values(deleted_at=now)
        .returning(documents.c.collection_id)
    )
    if collection_id is not None:
        await _give_up_unread(connection, scope, versions.c.document_id == document_id)
    return collection_id


async def hide_collection(connection: AsyncConnection, scope: Scope, collection_id: str, now: datetime) -> None:
    """Hide every document of a collection and give up their unread versions."""
    mine = sa.and_(documents.c.tenant_id == scope.tenant_id, documents.c.collection_id == collection_id)
    shown = documents.c.deleted_at.is_(None)
    await connection.execute(sa.update(documents).where(mine, shown).values(deleted_at=now))
    inside = versions.c.document_id.in_(sa.select(documents.c.id).where(mine))
    await _give_up_unread(connection, scope, inside)


async def _give_up_unread(connection: AsyncConnection, scope: Scope, which: sa.ColumnElement[bool]) -> None:
    await connection.execute(
        sa.update(versions)
        .where(versions.c.tenant_id == scope.tenant_id, which, versions.c.status == DocumentStatus.PENDING)
        .values(status=DocumentStatus.CANCELLED)
    )


async def list_hidden(connection: AsyncConnection, scope: Scope, collection_id: str, limit: int) -> Sequence[Hidden]:
    """Some hidden documents of a collection."""
    hidden = (
        sa.select(documents.c.id)
        .where(
            documents.c.tenant_id == scope.tenant_id,
            documents.c.collection_id == collection_id,
            documents.c.deleted_at.is_not(None),
        )
        .order_by(documents.c.id)
        .limit(limit)
    )
    document_ids = list(await connection.scalars(hidden))
    rows = await connection.execute(
        sa.select(versions.c.document_id, versions.c.job_id).where(
            versions.c.tenant_id == scope.tenant_id,
            versions.c.document_id.in_(document_ids),
            versions.c.published_at.is_(None),
        )
    )
    interrupted: dict[str, list[str]] = {document_id: [] for document_id in document_ids}
    for document_id, job_id in rows:
        interrupted[document_id].append(job_id)
    return [Hidden(item, tuple(interrupted[item])) for item in document_ids]


async def drop_documents(connection: AsyncConnection, scope: Scope, document_ids: Sequence[str]) -> None:
    """Remove the rows of hidden documents, with versions, texts and chunks; nothing repeats or needs them any more."""
    repeating = sa.and_(documents.c.tenant_id == scope.tenant_id, documents.c.near_duplicate_of.in_(document_ids))
    hidden = sa.and_(
        documents.c.tenant_id == scope.tenant_id,
        documents.c.id.in_(document_ids),
        documents.c.deleted_at.is_not(None),
    )
    leaving = sa.select(versions.c.id).where(versions.c.document_id.in_(sa.select(documents.c.id).where(hidden)))
    await embedding_store.forget_passages(connection, scope, leaving)
    await connection.execute(sa.update(documents).where(repeating).values(near_duplicate_of=None))
    await connection.execute(sa.delete(documents).where(hidden))


async def list_spaces(connection: AsyncConnection, scope: Scope, collection_id: str) -> list[IndexSpace]:
    """Where points of a collection may be, also while it is being deleted."""
    columns = collections.c
    row = (
        await connection.execute(
            sa.select(
                columns.generation,
                columns.dimensions,
                columns.next_generation,
                columns.next_dimensions,
                columns.previous_generation,
                columns.previous_dimensions,
            ).where(columns.tenant_id == scope.tenant_id, columns.id == collection_id)
        )
    ).one_or_none()
    pairs = dict.fromkeys(zip(row[::2], row[1::2], strict=True)) if row else ()
    return [IndexSpace(scope.tenant_id, generation, size) for generation, size in pairs if generation is not None]


async def list_stale_intents(connection: AsyncConnection, before: datetime) -> Sequence[tuple[str, str]]:
    """Blobs announced before a moment that no document has claimed, and abandoned ones, as (tenant, key)."""
    statement = sa.select(upload_intents.c.tenant_id, upload_intents.c.blob_key).where(
        sa.or_(upload_intents.c.created_at < before, upload_intents.c.is_abandoned)
    )
    return [(row.tenant_id, row.blob_key) for row in await connection.execute(statement)]
