"""The SQL of moves: what a collection holds, what of it a generation lacks, and what does not belong where it is."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import binary_order
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.passage import Passage
from ragstone.features.documents.store import is_of_active_version, live
from ragstone.features.documents.tables import chunks, documents, embeddings, versions
from ragstone.kit.scope import Scope


async def count_active_chunks(connection: AsyncConnection, scope: Scope, collection_id: str) -> int:
    """How many chunks a collection answers from."""
    statement = sa.select(sa.func.count()).select_from(_active()).where(_inside(scope, collection_id))
    return await connection.scalar(statement) or 0


async def list_active_documents(
    connection: AsyncConnection, scope: Scope, collection_id: str, after: str, limit: int
) -> list[str]:
    """Documents of a collection that have an active version, in order of id, those after one."""
    statement = (
        sa.select(documents.c.id)
        .where(_inside(scope, collection_id), documents.c.active_version_id.is_not(None), documents.c.id > after)
        .order_by(documents.c.id)
        .limit(limit)
    )
    return list(await connection.scalars(statement))


async def list_active_chunks(
    connection: AsyncConnection, scope: Scope, collection_id: str, after: str, limit: int
) -> dict[str, str]:
    """Chunks a collection answers from with their documents, in the order in which an index scans."""
    key = binary_order(chunks.c.id)
    statement = (
        sa.select(chunks.c.id, chunks.c.document_id)
        .select_from(_active())
        .where(_inside(scope, collection_id), key > after)
        .order_by(key)
        .limit(limit)
    )
    return {row.id: row.document_id for row in await connection.execute(statement)}


async def list_unembedded(
    connection: AsyncConnection, scope: Scope, generation: str, chunk_ids: Sequence[str]
) -> list[Passage]:
    """Passages of chunks that were never embedded under a generation, each once."""
    known = sa.select(embeddings.c.passage_sha256).where(
        embeddings.c.tenant_id == scope.tenant_id,
        embeddings.c.generation == generation,
        embeddings.c.passage_sha256 == chunks.c.passage_sha256,
    )
    statement = (
        sa.select(chunks.c.passage_sha256, versions.c.passage_title, chunks.c.text)
        .join_from(chunks, versions, versions.c.id == chunks.c.version_id)
        .where(chunks.c.tenant_id == scope.tenant_id, chunks.c.id.in_(chunk_ids), ~sa.exists(known))
    )
    return list({row[0]: Passage(*row) for row in await connection.execute(statement)}.values())


async def measure_unembedded(
    connection: AsyncConnection, scope: Scope, collection_id: str, generation: str
) -> tuple[int, int]:
    """How many passages of a collection a generation lacks, and how many tokens they are."""
    known = sa.select(embeddings.c.passage_sha256).where(
        embeddings.c.tenant_id == scope.tenant_id,
        embeddings.c.generation == generation,
        embeddings.c.passage_sha256 == chunks.c.passage_sha256,
    )
    lacking = (
        sa.select(sa.func.max(chunks.c.n_tokens).label("n_tokens"))
        .select_from(_active())
        .where(_inside(scope, collection_id), ~sa.exists(known))
        .group_by(chunks.c.passage_sha256)
        .subquery()
    )
    statement = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(lacking.c.n_tokens), 0)).select_from(lacking)
    count, tokens = (await connection.execute(statement)).one()
    return count, int(tokens)


async def count_documents(connection: AsyncConnection, scope: Scope, collection_id: str) -> int:
    """How many documents of a collection answer."""
    statement = sa.select(sa.func.count()).where(
        _inside(scope, collection_id), documents.c.active_version_id.is_not(None)
    )
    return await connection.scalar(statement) or 0


async def list_going_versions(connection: AsyncConnection, scope: Scope, version_ids: Sequence[str]) -> list[str]:
    """Those of the versions that will never answer (again): replaced, dropped, or of a document that is going."""
    stays = (
        sa.select(versions.c.id)
        .join_from(versions, documents, documents.c.id == versions.c.document_id)
        .where(live(scope), versions.c.id.in_(version_ids), versions.c.status != DocumentStatus.SUPERSEDED)
    )
    staying = set(await connection.scalars(stays))
    return [version_id for version_id in version_ids if version_id not in staying]


def _active() -> sa.FromClause:
    return sa.join(chunks, documents, is_of_active_version())


def _inside(scope: Scope, collection_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(live(scope), documents.c.collection_id == collection_id)
