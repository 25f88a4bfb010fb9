"""All SQL of vectors. A tenant has one for each passage and generation, however many chunks say the passage."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import hold_lock, insert_into
from ragstone.features.collections.tables import collections
from ragstone.features.documents.passage import Passage
from ragstone.features.documents.store import is_of_active_version
from ragstone.features.documents.tables import chunks, documents, embeddings, versions
from ragstone.kit.scope import Scope
from ragstone.ports.vectors import DenseVector, vector_bytes, vector_from_bytes

Vectors: TypeAlias = Mapping[str, DenseVector | None]
"""By the SHA-256 of their passages; None where the model does not know the language of the passage."""

_BATCH: Final = 1000  # Of values in one statement; SQLite takes 32,766.


async def list_embedded(
    connection: AsyncConnection, scope: Scope, generation: str, passages: Sequence[str]
) -> dict[str, DenseVector | None]:
    """What is known of passages, by their SHA-256; those never embedded are left out."""
    found: dict[str, DenseVector | None] = {}
    for some in _batches(passages):
        statement = sa.select(embeddings.c.passage_sha256, embeddings.c.vector).where(
            embeddings.c.tenant_id == scope.tenant_id,
            embeddings.c.generation == generation,
            embeddings.c.passage_sha256.in_(some),
        )
        for row in await connection.execute(statement):
            found[row.passage_sha256] = None if row.vector is None else vector_from_bytes(row.vector)
    return found


async def begin_adding(connection: AsyncConnection, scope: Scope) -> None:
    """Keep everyone from dropping vectors until the transaction ends. It comes before any row is locked."""
    await hold_lock(connection, _lock(scope), shared=True)


async def begin_dropping(connection: AsyncConnection, scope: Scope) -> None:
    """Keep everyone from adding and dropping vectors until the transaction ends. It comes before any row is locked."""
    await hold_lock(connection, _lock(scope), shared=False)


async def add_vectors(connection: AsyncConnection, scope: Scope, generation: str, vectors: Vectors) -> None:
    """Keep vectors, in the transaction that writes chunks with their passages. Those that are there stay."""
    rows = [
        {
            "tenant_id": scope.tenant_id,
            "generation": generation,
            "passage_sha256": passage,
            "vector": None if vector is None else vector_bytes(vector),
        }
        for passage, vector in vectors.items()
    ]
    if rows:
        await connection.execute(insert_into(connection, embeddings).on_conflict_do_nothing(), rows)


async def add_needed_vectors(connection: AsyncConnection, scope: Scope, generation: str, vectors: Vectors) -> None:
    """Keep vectors of passages that are stored already, except where the last chunk that said one has gone since."""
    await begin_dropping(connection, scope)
    needed: dict[str, DenseVector | None] = {}
    for some in _batches(list(vectors)):
        statement = (
            sa.select(chunks.c.passage_sha256)
            .distinct()
            .select_from(_placed())
            .where(chunks.c.tenant_id == scope.tenant_id, chunks.c.passage_sha256.in_(some), _has(generation))
        )
        needed |= {passage: vectors[passage] for passage in await connection.scalars(statement)}
    await add_vectors(connection, scope, generation, needed)


async def forget_passages(connection: AsyncConnection, scope: Scope, leaving: sa.Select[tuple[str]]) -> None:
    """Drop the vectors that nothing will need once the versions `leaving` selects are gone, with their chunks.

    It belongs into the transaction that drops the versions, before they are dropped. A publication that has found such
    a vector and is about to use it is either seen here, or waits and writes the vector again.
    """
    await begin_dropping(connection, scope)
    said = sa.select(chunks.c.passage_sha256).where(
        chunks.c.tenant_id == scope.tenant_id, chunks.c.version_id.in_(leaving)
    )
    await connection.execute(
        sa.delete(embeddings).where(
            embeddings.c.tenant_id == scope.tenant_id,
            embeddings.c.passage_sha256.in_(said),
            ~is_needed(chunks.c.version_id.not_in(leaving)),
        )
    )


async def drop_vectors(connection: AsyncConnection, scope: Scope, generation: str, limit: int) -> int:
    """Drop some vectors of a generation that nothing needs; how many."""
    await begin_dropping(connection, scope)
    mine = sa.and_(embeddings.c.tenant_id == scope.tenant_id, embeddings.c.generation == generation)
    unneeded = sa.select(embeddings.c.passage_sha256).where(mine, ~is_needed()).limit(limit)
    passages = list(await connection.scalars(unneeded))
    await connection.execute(sa.delete(embeddings).where(mine, embeddings.c.passage_sha256.in_(passages)))
    return len(passages)


async def list_missing(
    connection: AsyncConnection, scope: Scope, generation: str, after: str, limit: int
) -> list[Passage]:
    """Passages of active versions that have to have a vector and were never embedded, each once, in order."""
    lacking = (
        sa.select(sa.func.min(chunks.c.id).label("chunk_id"))
        .select_from(with_vectors())
        .where(
            chunks.c.tenant_id == scope.tenant_id,
            collections.c.generation == generation,
            chunks.c.passage_sha256 > after,
            is_missing(),
        )
        .group_by(chunks.c.passage_sha256)
        .order_by(chunks.c.passage_sha256)
        .limit(limit)
        .subquery()
    )
    statement = (
        sa.select(chunks.c.passage_sha256, versions.c.passage_title, chunks.c.text)
        .join_from(lacking, chunks, chunks.c.id == lacking.c.chunk_id)
        .join(versions, versions.c.id == chunks.c.version_id)
        .order_by(chunks.c.passage_sha256)
    )
    return [Passage(*row) for row in await connection.execute(statement)]


def is_needed(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether a chunk for which the conditions hold says the passage, in a collection that has the generation."""
    chunk = (
        sa.select(chunks.c.id)
        .select_from(_placed())
        .where(
            chunks.c.tenant_id == embeddings.c.tenant_id,
            chunks.c.passage_sha256 == embeddings.c.passage_sha256,
            _has(embeddings.c.generation),
            *conditions,
        )
        .correlate(embeddings)
    )
    return sa.exists(chunk)


def with_vectors() -> sa.FromClause:
    """Chunks of active versions, each beside its vector in its collection's generation, if it was ever embedded."""
    vector = sa.and_(
        embeddings.c.tenant_id == chunks.c.tenant_id,
        embeddings.c.generation == collections.c.generation,
        embeddings.c.passage_sha256 == chunks.c.passage_sha256,
    )
    return (
        sa.join(chunks, versions, versions.c.id == chunks.c.version_id)
        .join(documents, is_of_active_version())
        .join(collections, collections.c.id == documents.c.collection_id)
        .join(embeddings, vector, isouter=True)
    )


def is_missing() -> sa.ColumnElement[bool]:
    """Whether a row of `with_vectors` lacks what its collection's generation has of every chunk."""
    return sa.and_(collections.c.dimensions > 0, embeddings.c.passage_sha256.is_(None))


def _placed() -> sa.FromClause:
    """Chunks with their documents and collections."""
    return sa.join(chunks, documents, documents.c.id == chunks.c.document_id).join(
        collections, collections.c.id == documents.c.collection_id
    )


def _has(generation: str | sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether a collection is searched under a generation, moves to it, or may move back to it."""
    return sa.or_(
        collections.c.generation == generation,
        collections.c.next_generation == generation,
        collections.c.previous_generation == generation,
    )


def _lock(scope: Scope) -> str:
    return f"embeddings/{scope.tenant_id}"


def _batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + _BATCH] for start in range(0, len(values), _BATCH))
