"""All SQL of canonical texts and chunks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import byte_slice
from ragstone.features.documents.document import FoundChunk, StoredChunk
from ragstone.features.documents.reach import reach
from ragstone.features.documents.store import is_of_active_version, live
from ragstone.features.documents.tables import chunks, documents, embeddings, version_texts, versions
from ragstone.kit.scope import Scope
from ragstone.ports.vectors import DenseVector, vector_from_bytes

_LONGEST_TEXT_BYTES = 2**31  # What either database can count in one value.
_CHUNK_COLUMNS = [chunks.c[field.name] for field in fields(StoredChunk)]


def _chunk(row: Mapping[Any, Any]) -> StoredChunk:
    return StoredChunk(**{**row, "headings": tuple(row["headings"])})


async def write_content(
    connection: AsyncConnection, scope: Scope, texts: Mapping[str, bytes], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Store canonical texts, by version id, and chunks of versions that are being published."""
    tenant = {"tenant_id": scope.tenant_id}
    if texts:
        contents = [{"version_id": version_id, "content": text, **tenant} for version_id, text in texts.items()]
        await connection.execute(sa.insert(version_texts), contents)
    if rows:
        await connection.execute(sa.insert(chunks), [{**row, **tenant} for row in rows])


async def find_text_slice(
    connection: AsyncConnection, scope: Scope, version_id: str, start_byte: int, end_byte: int
) -> bytes | None:
    """Bytes `[start_byte, end_byte)` of a version's canonical text, as far as it goes; None for an impossible range."""
    if not 0 <= start_byte <= end_byte < _LONGEST_TEXT_BYTES:
        return None
    column = byte_slice(version_texts.c.content, start_byte, end_byte)
    return await connection.scalar(
        sa.select(column).where(reach(scope, version_texts), version_texts.c.version_id == version_id)
    )


async def list_chunks(
    connection: AsyncConnection, scope: Scope, version_id: str, after: int, limit: int
) -> Sequence[StoredChunk]:
    """A version's chunks in order, those after an ordinal."""
    statement = (
        sa.select(*_CHUNK_COLUMNS)
        .where(reach(scope, chunks), chunks.c.version_id == version_id, chunks.c.ordinal > after)
        .order_by(chunks.c.ordinal)
        .limit(limit)
    )
    return [_chunk(row) for row in (await connection.execute(statement)).mappings()]


async def hydrate(connection: AsyncConnection, scope: Scope, chunk_ids: Iterable[str]) -> dict[str, FoundChunk]:
    """Chunks of active versions, by id.

    A chunk of a version that is not active, of a document being deleted, or of another tenant, is left out.
    """
    shown = (
        documents.c.collection_id,
        documents.c.title.label("document_title"),
        documents.c.language,
        documents.c.metadata,
        versions.c.number.label("version"),
        versions.c.text_sha256.label("version_sha256"),
    )
    statement = (
        sa.select(*_CHUNK_COLUMNS, *shown)
        .join_from(chunks, documents, is_of_active_version())
        .join(versions, versions.c.id == chunks.c.version_id)
        .where(chunks.c.id.in_(list(chunk_ids)), reach(scope, chunks), live(scope))
    )
    width = len(_CHUNK_COLUMNS)
    names = [column.name for column in _CHUNK_COLUMNS]
    rows = (await connection.execute(statement)).all()
    return {row.id: FoundChunk(_chunk(dict(zip(names, row, strict=False))), *row[width:]) for row in rows}


async def list_former(connection: AsyncConnection, scope: Scope, chunk_ids: Iterable[str]) -> Sequence[str]:
    """Those of the chunks that answered once, and do no more; what has not been published yet is not among them."""
    statement = sa.select(chunks.c.id).where(reach(scope, chunks), chunks.c.id.in_(list(chunk_ids)))
    return list(await connection.scalars(statement))


async def list_vectors(
    connection: AsyncConnection, scope: Scope, generation: str, chunk_ids: Iterable[str]
) -> dict[str, DenseVector | None]:
    """The dense vectors of chunks in a generation, by chunk id; chunks that were never embedded are left out.

    None is for a chunk in a language the model does not know.
    """
    of_passage = sa.and_(
        embeddings.c.tenant_id == chunks.c.tenant_id,
        embeddings.c.generation == generation,
        embeddings.c.passage_sha256 == chunks.c.passage_sha256,
    )
    statement = (
        sa.select(chunks.c.id, embeddings.c.vector)
        .join_from(chunks, embeddings, of_passage)
        .where(reach(scope, chunks), chunks.c.id.in_(list(chunk_ids)))
    )
    return {
        row.id: None if row.vector is None else vector_from_bytes(row.vector)
        for row in await connection.execute(statement)
    }
