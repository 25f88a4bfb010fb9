"""All SQL of documents and versions. Texts and chunks are in `chunk_store`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.collections.tables import collections
from ragstone.features.documents.document import Cause, Document, DocumentStatus, Version
from ragstone.features.documents.reach import reach
from ragstone.features.documents.tables import chunks, documents, upload_intents, version_sources, versions
from ragstone.kit.scope import Scope

_DOCUMENT_COLUMNS = [documents.c[field.name] for field in fields(Document)]
_VERSION_COLUMNS = [versions.c[field.name] for field in fields(Version)]


def _document(row: Mapping[Any, Any]) -> Document:
    return Document(**{**row, "tags": tuple(row["tags"]), "status": DocumentStatus(row["status"])})


def _version(row: Mapping[Any, Any]) -> Version:
    lists = {name: None if row[name] is None else tuple(row[name]) for name in ("page_starts", "page_labels")}
    states = {"cause": Cause(row["cause"]), "status": DocumentStatus(row["status"])}
    return Version(**{**row, **states, **lists})


def live(scope: Scope) -> sa.ColumnElement[bool]:
    """The tenant's documents that are not being deleted, neither by themselves nor with their collection."""
    going = sa.select(collections.c.id).where(
        collections.c.tenant_id == scope.tenant_id, collections.c.deleted_at.is_not(None)
    )
    return sa.and_(reach(scope, documents), documents.c.deleted_at.is_(None), documents.c.collection_id.not_in(going))


def is_of_active_version() -> sa.ColumnElement[bool]:
    """Joins chunks to the documents whose active version they belong to, by ids on both sides."""
    return sa.and_(documents.c.id == chunks.c.document_id, documents.c.active_version_id == chunks.c.version_id)


async def insert_documents(
    connection: AsyncConnection, entries: Sequence[tuple[Document, Version, bytes | None]]
) -> None:
    """Insert documents, each with its first version and, where it came as text, its original."""
    await connection.execute(sa.insert(documents), [asdict(document) for document, _, _ in entries])
    await connection.execute(sa.insert(versions), [asdict(version) for _, version, _ in entries])
    sources = [
        {"version_id": version.id, "tenant_id": version.tenant_id, "content": content}
        for _, version, content in entries
        if content is not None
    ]
    if sources:
        await connection.execute(sa.insert(version_sources), sources)


async def find_document(connection: AsyncConnection, scope: Scope, document_id: str) -> Document | None:
    """A tenant's document."""
    statement = sa.select(*_DOCUMENT_COLUMNS).where(live(scope), documents.c.id == document_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return _document(row) if row else None


async def list_documents_by_id(
    connection: AsyncConnection, scope: Scope, document_ids: Sequence[str]
) -> dict[str, Document]:
    """Those of a tenant's documents that are there, by id."""
    statement = sa.select(*_DOCUMENT_COLUMNS).where(live(scope), documents.c.id.in_(document_ids))
    return {row["id"]: _document(row) for row in (await connection.execute(statement)).mappings()}


async def list_documents(
    connection: AsyncConnection, where: Sequence[sa.ColumnElement[bool]], order: Sequence[Any], limit: int, offset: int
) -> Sequence[Document]:
    """Documents the conditions hold for, in the given order. The conditions begin with `live(scope)`."""
    statement = sa.select(*_DOCUMENT_COLUMNS).where(*where).order_by(*order).limit(limit).offset(offset)
    return [_document(row) for row in (await connection.execute(statement)).mappings()]


async def count_documents(connection: AsyncConnection, where: Sequence[sa.ColumnElement[bool]]) -> int:
    """How many documents the conditions hold for."""
    return await connection.scalar(sa.select(sa.func.count()).select_from(documents).where(*where)) or 0


async def find_copies(
    connection: AsyncConnection, scope: Scope, collection_id: str, hashes: Sequence[str]
) -> dict[str, str]:
    """The oldest document of a collection that says, or is about to say, each content, by SHA-256 of the content."""
    statement = (
        sa.select(versions.c.source_sha256, sa.func.min(documents.c.id).label("document_id"))
        .join_from(versions, documents, documents.c.id == versions.c.document_id)
        .where(
            live(scope),
            versions.c.tenant_id == scope.tenant_id,
            documents.c.collection_id == collection_id,
            versions.c.source_sha256.in_(hashes),
            versions.c.status.in_((DocumentStatus.PENDING, DocumentStatus.READY)),
        )
        .group_by(versions.c.source_sha256)
    )
    return {row.source_sha256: row.document_id for row in await connection.execute(statement)}


async def find_version(connection: AsyncConnection, scope: Scope, version_id: str) -> Version | None:
    """A tenant's version."""
    statement = sa.select(*_VERSION_COLUMNS).where(reach(scope, versions), versions.c.id == version_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return _version(row) if row else None


async def list_versions(connection: AsyncConnection, scope: Scope, document_id: str) -> Sequence[Version]:
    """A document's versions, oldest first."""
    statement = (
        sa.select(*_VERSION_COLUMNS)
        .where(reach(scope, versions), versions.c.document_id == document_id)
        .order_by(versions.c.number)
    )
    return [_version(row) for row in (await connection.execute(statement)).mappings()]


async def list_versions_of(
    connection: AsyncConnection, scope: Scope, document_ids: Sequence[str]
) -> dict[str, list[Version]]:
    """The versions of each document, oldest first."""
    statement = (
        sa.select(*_VERSION_COLUMNS)
        .where(reach(scope, versions), versions.c.document_id.in_(document_ids))
        .order_by(versions.c.number)
    )
    found: dict[str, list[Version]] = {document_id: [] for document_id in document_ids}
    for row in (await connection.execute(statement)).mappings():
        found[row["document_id"]].append(_version(row))
    return found


async def find_source(connection: AsyncConnection, scope: Scope, version_id: str) -> bytes | None:
    """The original of a version that came as text."""
    return await connection.scalar(
        sa.select(version_sources.c.content).where(
            reach(scope, version_sources), version_sources.c.version_id == version_id
        )
    )


async def list_sources(connection: AsyncConnection, scope: Scope, version_ids: Sequence[str]) -> dict[str, bytes]:
    """The originals of those versions that came as text, by version id."""
    statement = sa.select(version_sources.c.version_id, version_sources.c.content).where(
        reach(scope, version_sources), version_sources.c.version_id.in_(version_ids)
    )
    return {row.version_id: row.content for row in await connection.execute(statement)}


async def list_pending(
    connection: AsyncConnection, scope: Scope, job_id: str, after: str | None, limit: int
) -> Sequence[tuple[Document, Version]]:
    """Versions a job has still to read, with their documents, in order of version id."""
    statement = (
        sa.select(*(column.label(f"d_{column.name}") for column in _DOCUMENT_COLUMNS), *_VERSION_COLUMNS)
        .join_from(versions, documents, versions.c.document_id == documents.c.id)
        .where(live(scope), versions.c.job_id == job_id, versions.c.status == DocumentStatus.PENDING)
        .order_by(versions.c.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(versions.c.id > after)
    rows = (await connection.execute(statement)).mappings()
    return [
        (
            _document({field.name: row[f"d_{field.name}"] for field in fields(Document)}),
            _version({field.name: row[versions.c[field.name]] for field in fields(Version)}),
        )
        for row in rows
    ]


async def count_by_status(connection: AsyncConnection, scope: Scope, job_id: str) -> dict[DocumentStatus, int]:
    """How many of a job's versions are in which state."""
    statement = (
        sa.select(versions.c.status, sa.func.count())
        .where(versions.c.tenant_id == scope.tenant_id, versions.c.job_id == job_id)
        .group_by(versions.c.status)
    )
    return {DocumentStatus(status): count for status, count in await connection.execute(statement)}


def label_of(document: Document, found_title: str | None, found_metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """The columns of a document's label: what a user gave, and below it what was found in the content."""
    title = document.title if document.title_given or not found_title else found_title
    return {"title": title, "metadata": {**(found_metadata or {}), **document.given_metadata}}


async def set_unread(
    connection: AsyncConnection,
    scope: Scope,
    version_ids: Sequence[str],
    status: DocumentStatus,
    error: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Give up pending versions, or take them up again.

    A document with an active version keeps its state; the newest content tells its error either way. A record whose
    version was given up has to be read when it is sent again, although it says nothing new.
    """
    forgotten = {} if status is DocumentStatus.PENDING else {"record_sha256": None}
    mine = sa.and_(versions.c.tenant_id == scope.tenant_id, versions.c.id.in_(version_ids))
    newer = versions.alias()
    is_newest = ~sa.exists(
        sa.select(newer.c.id).where(newer.c.document_id == versions.c.document_id, newer.c.number > versions.c.number)
    )
    affected = sa.select(versions.c.document_id).where(mine, is_newest)
    # Documents before their versions, as everywhere: else two transactions might wait for each other.
    await connection.execute(
        sa.update(documents)
        .where(live(scope), documents.c.id.in_(affected))
        .values(
            status=sa.case((documents.c.active_version_id.is_(None), status), else_=documents.c.status),
            error=error,
            updated_at=now,
            **forgotten,
        )
    )
    await connection.execute(sa.update(versions).where(mine).values(status=status, error=error))


async def list_version_ids(
    connection: AsyncConnection, scope: Scope, job_id: str, statuses: Sequence[DocumentStatus]
) -> Sequence[str]:
    """A job's versions in some states, whose documents are not being deleted."""
    statement = (
        sa.select(versions.c.id)
        .join_from(versions, documents, versions.c.document_id == documents.c.id)
        .where(live(scope), versions.c.job_id == job_id, versions.c.status.in_(statuses))
        .order_by(versions.c.id)
    )
    return list(await connection.scalars(statement))


async def add_upload_intent(connection: AsyncConnection, scope: Scope, blob_key: str, now: datetime) -> None:
    """Note that a blob is about to be written."""
    values = {"blob_key": blob_key, "tenant_id": scope.tenant_id, "created_at": now, "is_abandoned": False}
    await connection.execute(sa.insert(upload_intents).values(**values))


async def list_upload_intents(connection: AsyncConnection, scope: Scope, blob_keys: Sequence[str]) -> list[str]:
    """Those of the blobs that no document has claimed."""
    statement = sa.select(upload_intents.c.blob_key).where(
        upload_intents.c.tenant_id == scope.tenant_id, upload_intents.c.blob_key.in_(blob_keys)
    )
    return list(await connection.scalars(statement))


async def drop_upload_intents(connection: AsyncConnection, scope: Scope, blob_keys: Sequence[str]) -> None:
    """The blobs belong to documents now, or are gone."""
    await connection.execute(
        sa.delete(upload_intents).where(
            upload_intents.c.tenant_id == scope.tenant_id, upload_intents.c.blob_key.in_(blob_keys)
        )
    )
