"""The documents others are merged from: they are what they were when that was asked for, or nothing is merged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.documents import purge_store, store
from ragstone.features.documents.delete import enqueue_purge
from ragstone.features.documents.document import Document, DocumentNotReady, DocumentStatus, Version
from ragstone.features.documents.version_store import ActiveVersion
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope


class MergeAcrossCollections(Problem):
    """Documents of several collections cannot be merged."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "merge_across_collections"


class MergeSourceChanged(Problem):
    """A document that was to be merged has other content by now, or is about to; or it was deleted."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "merge_source_changed"


async def list_sources(
    connection: AsyncConnection,
    scope: Scope,
    documents: Sequence[Document],
    active: Mapping[str, ActiveVersion | None],
) -> list[tuple[Document, Version]]:
    """The documents with the versions that are merged.

    Raises `DocumentNotReady`, `MergeAcrossCollections`, `MergeSourceChanged`.
    """
    if len({document.collection_id for document in documents}) > 1:
        raise MergeAcrossCollections(collections=len({document.collection_id for document in documents}))
    versions = await store.list_versions_of(connection, scope, [document.id for document in documents])
    found = []
    for document in documents:
        current = active.get(document.id)
        if current is None:
            raise DocumentNotReady(document_id=document.id, status=document.status)
        version = next(item for item in versions[document.id] if item.id == current.id)
        if not _says(version.source_sha256, document, versions[document.id]):
            raise MergeSourceChanged(document_id=document.id)
        found.append((document, version))
    return found


async def find_changed(connection: AsyncConnection, scope: Scope, sources: Mapping[str, str]) -> Problem | None:
    """What is wrong if a source says something else by now, or is gone; the documents are locked.

    `sources` are the hashes of what they said, by id.
    """
    there = await store.list_documents_by_id(connection, scope, list(sources))
    versions = await store.list_versions_of(connection, scope, list(sources))
    for document_id, sha256 in sources.items():
        source = there.get(document_id)
        if source is None or not _says(sha256, source, versions[document_id]):
            return MergeSourceChanged(document_id=document_id)
    return None


async def hide_sources(
    connection: AsyncConnection, scope: Scope, sources: Mapping[str, str], merged: Document, now: datetime
) -> None:
    """Hide the sources in the transaction that publishes what was merged of them, and queue their removal."""
    for document_id in sources:
        await purge_store.hide_document(connection, scope, document_id, now)
    # A worker finds the job by itself within a second: there is no hurry, as nobody sees the sources any more.
    await enqueue_purge(connection, scope, merged.collection_id, now)


def _says(sha256: str, document: Document, versions: Sequence[Version]) -> bool:
    """Whether a document has that content, and no other in waiting."""
    is_waiting = any(item.status is DocumentStatus.PENDING and item.source_sha256 != sha256 for item in versions)
    return not is_waiting and any(
        item.id == document.active_version_id and item.source_sha256 == sha256 for item in versions
    )
