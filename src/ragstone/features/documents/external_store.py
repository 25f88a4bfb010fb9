"""All SQL of documents that are known by an identifier of the system they come from."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.collections.tables import collections
from ragstone.features.documents.document import Document, DocumentStatus
from ragstone.features.documents.tables import documents, versions
from ragstone.kit.scope import Scope


class Known(NamedTuple):
    """A document that is there already, and the hash of the record its newest version was made from."""

    document_id: str
    record_sha256: str | None


async def lock_collection(connection: AsyncConnection, scope: Scope, collection_id: str) -> None:
    """Keep others from making documents of the same external ids until the transaction ends.

    On SQLite the transaction is the only writer anyway.
    """
    statement = sa.select(collections.c.id).where(
        collections.c.tenant_id == scope.tenant_id, collections.c.id == collection_id
    )
    await connection.execute(statement.with_for_update(key_share=True))


async def find_known(
    connection: AsyncConnection, scope: Scope, collection_id: str, external_ids: Iterable[str]
) -> dict[str, Known]:
    """The documents of a collection that have one of the external ids, by it; those being deleted are left out."""
    statement = sa.select(documents.c.external_id, documents.c.id, documents.c.record_sha256).where(
        documents.c.tenant_id == scope.tenant_id,
        documents.c.collection_id == collection_id,
        documents.c.external_id.in_(list(external_ids)),
        documents.c.deleted_at.is_(None),
    )
    return {external_id: Known(*known) for external_id, *known in await connection.execute(statement)}


async def give_up_unread(connection: AsyncConnection, scope: Scope, document_ids: Sequence[str]) -> None:
    """Give up what has still to be read of the documents, which are locked, as something newer has come.

    A worker that is reading such a version finds it given up when it comes to publish it.
    """
    await connection.execute(
        sa.update(versions)
        .where(
            versions.c.tenant_id == scope.tenant_id,
            versions.c.document_id.in_(document_ids),
            versions.c.status == DocumentStatus.PENDING,
        )
        .values(status=DocumentStatus.SUPERSEDED)
    )


async def relabel(connection: AsyncConnection, scope: Scope, said: Sequence[Document], now: datetime) -> None:
    """Give documents, which are locked, the labels of the records that have come for them."""
    statement = (
        sa.update(documents)
        .where(documents.c.tenant_id == scope.tenant_id, documents.c.id == sa.bindparam("document_id"))
        .values(
            title=sa.bindparam("new_title"),
            title_given=sa.bindparam("new_title_given"),
            tags=sa.bindparam("new_tags", type_=documents.c.tags.type),
            metadata=sa.bindparam("new_metadata", type_=documents.c.metadata.type),
            given_metadata=sa.bindparam("new_metadata", type_=documents.c.given_metadata.type),
            record_sha256=sa.bindparam("new_record_sha256"),
            label_revision=documents.c.label_revision + 1,
            error=None,
            updated_at=now,
        )
    )
    await connection.execute(statement, [_label(document) for document in said])


def _label(document: Document) -> Mapping[str, object]:
    return {
        "document_id": document.id,
        "new_title": document.title,
        "new_title_given": document.title_given,
        "new_tags": list(document.tags),
        "new_metadata": dict(document.given_metadata),
        "new_record_sha256": document.record_sha256,
    }


async def delete_unkeyed(connection: AsyncConnection, scope: Scope, job_id: str) -> None:
    """Drop the documents without an external id that a job was to read, with everything that belongs to them."""
    to_read = sa.select(versions.c.document_id).where(
        versions.c.tenant_id == scope.tenant_id, versions.c.job_id == job_id
    )
    await connection.execute(
        sa.delete(documents).where(
            documents.c.tenant_id == scope.tenant_id, documents.c.external_id.is_(None), documents.c.id.in_(to_read)
        )
    )


async def count_versions(connection: AsyncConnection, scope: Scope, job_id: str) -> int:
    """How many versions were made under a job."""
    statement = sa.select(sa.func.count()).where(versions.c.tenant_id == scope.tenant_id, versions.c.job_id == job_id)
    return await connection.scalar(statement) or 0
