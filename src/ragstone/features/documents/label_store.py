"""The SQL of labels: a document's title, tags and metadata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.documents.store import is_of_active_version, live
from ragstone.features.documents.tables import chunks, documents, versions
from ragstone.kit.scope import Scope


@dataclass(frozen=True, slots=True)
class Labelled:
    """Where a document's points are, of which version, and how often their label has changed."""

    collection_id: str
    version_id: str | None
    revision: int


async def update_label(connection: AsyncConnection, scope: Scope, document_id: str, values: Mapping[str, Any]) -> None:
    """Change columns of a document's label, and count the change."""
    statement = sa.update(documents).where(live(scope), documents.c.id == document_id)
    await connection.execute(statement.values(**values, label_revision=documents.c.label_revision + 1))


async def list_found_labels(
    connection: AsyncConnection, scope: Scope, document_ids: Sequence[str]
) -> dict[str, tuple[str | None, Mapping[str, Any] | None]]:
    """Title and metadata that were found in the active version of each document that has one."""
    statement = (
        sa.select(documents.c.id, versions.c.found_title, versions.c.found_metadata)
        .join_from(documents, versions, versions.c.id == documents.c.active_version_id)
        .where(live(scope), documents.c.id.in_(document_ids))
    )
    return {row.id: (row.found_title, row.found_metadata) for row in await connection.execute(statement)}


async def list_labelled(connection: AsyncConnection, scope: Scope, document_ids: Sequence[str]) -> dict[str, Labelled]:
    """What the points of each document that is still there have to carry."""
    statement = sa.select(
        documents.c.id, documents.c.collection_id, documents.c.active_version_id, documents.c.label_revision
    ).where(live(scope), documents.c.id.in_(document_ids))
    return {row.id: Labelled(*row[1:]) for row in await connection.execute(statement)}


async def list_active_chunks(
    connection: AsyncConnection, scope: Scope, document_ids: Sequence[str], after: str, limit: int
) -> list[str]:
    """Ids of chunks of the documents' active versions, in order, those after one."""
    statement = (
        sa.select(chunks.c.id)
        .join_from(chunks, documents, is_of_active_version())
        .where(live(scope), documents.c.id.in_(document_ids), chunks.c.id > after)
        .order_by(chunks.c.id)
        .limit(limit)
    )
    return list(await connection.scalars(statement))
