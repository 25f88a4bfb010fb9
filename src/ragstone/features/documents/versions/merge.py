"""Make one document of several. They answer until it is ready to; then, if so wished, it alone does."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.repeatable import Seal, unsealed
from ragstone.features.documents import store, version_store
from ragstone.features.documents.bulk import get_all
from ragstone.features.documents.document import Cause, Document, Version
from ragstone.features.documents.intake.draft import Label, Origin, Original, TextDraft, pending_version, text_document
from ragstone.features.documents.password_store import find_password, keep_passwords
from ragstone.features.documents.versions import part_store
from ragstone.features.documents.versions.part_store import Part
from ragstone.features.documents.versions.sources import list_sources
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.features.jobs.job import Job
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

MERGE: Final = "documents.merge"
"""The kind of job that reads a merged document for the first time.

Payload: `sources`, the hash of each source's content by document id; `delete_sources`.
"""

MERGED_FROM: Final = "merged_from"
"""The metadata field that names the documents another was merged from."""


@dataclass(frozen=True, slots=True)
class MergeOrder:
    """What is to be merged, in order, under which title, and whether it takes the place of its sources."""

    document_ids: tuple[str, ...]
    title: str
    delete_sources: bool = True


@dataclass(frozen=True, slots=True)
class MergeReceipt:
    """The document that is going to be, and the job that reads it."""

    document: Document
    job: Job


async def merge(runtime: Runtime, scope: Scope, order: MergeOrder, seal: Seal[MergeReceipt] = unsealed) -> MergeReceipt:
    """Note what is to be merged and queue the reading of it.

    Raises `BulkRefused`, `DocumentNotReady`, `MergeAcrossCollections`, `MergeSourceChanged`.
    """
    require(scope, Permission.WRITE)
    now = runtime.clock.now()
    passwords = await _passwords(runtime, scope, order)
    async with runtime.db.transaction(scope) as connection:
        active = await version_store.lock_documents(connection, scope, order.document_ids)
        documents = await get_all(connection, scope, order.document_ids, bulk=True)
        sources = await list_sources(connection, scope, documents, active)
        content = {document.id: version.source_sha256 for document, version in sources}
        payload = {"sources": content, "delete_sources": order.delete_sources}
        job = await enqueue(connection, scope, _new_job(runtime, documents[0].collection_id, payload), now)
        document, version = _merged(scope, order, sources, job, now)
        await store.insert_documents(connection, [(document, version, None)])
        await part_store.insert_parts(connection, scope, await _parts(connection, scope, version, sources))
        sealed = [(replace(version, source_sha256=sha256), password) for sha256, password in passwords.items()]
        await keep_passwords(connection, scope, runtime.pepper, sealed)
        receipt = MergeReceipt(document, job)
        objects = (document.id, *order.document_ids, job.id)
        deed = Deed("merge_documents", objects, detail={"delete_sources": order.delete_sources})
        await note(connection, scope, deed, now)
        await seal(connection, receipt)
    await runtime.queue.send(job.id)
    return receipt


def _merged(
    scope: Scope, order: MergeOrder, sources: Sequence[tuple[Document, Version]], job: Job, now: datetime
) -> tuple[Document, Version]:
    """The new document: the tags of all, and of each metadata field what the first that has it says."""
    metadata: dict[str, Any] = {}
    for document, _ in reversed(sources):
        metadata |= document.given_metadata
    metadata[MERGED_FROM] = [document.id for document, _ in sources]
    tags = tuple(dict.fromkeys(tag for document, _ in sources for tag in document.tags))
    size_bytes = sum(version.size_bytes for _, version in sources)
    draft = TextDraft("", order.title, label=Label(tags, metadata))
    document = text_document(scope, sources[0][0].collection_id, draft, size_bytes, now)
    digest = hashlib.sha256("\n".join(version.source_sha256 for _, version in sources).encode())
    original = Original(digest.hexdigest(), size_bytes, document.type, n_parts=len(sources))
    return document, pending_version(new_id("ver"), document, original, Origin(1, Cause.MERGE, job.id, now))


async def _parts(
    connection: AsyncConnection, scope: Scope, merged: Version, sources: Sequence[tuple[Document, Version]]
) -> list[tuple[Part, Version | Part]]:
    """The originals of all sources, those of merged ones one by one, each with what it is made of."""
    origins: list[tuple[tuple[str, ...], Document, Version | Part]] = []
    for document, version in sources:
        if version.n_parts is None:
            origins.append(((document.title,), document, version))
            continue
        parts = await part_store.list_parts(connection, scope, version)
        origins += [((document.title, *part.headings), document, part) for part in parts]
    return [
        (
            Part(
                version_id=merged.id,
                ordinal=ordinal,
                tenant_id=scope.tenant_id,
                document_id=document.id,
                headings=headings,
                filename=origin.filename,
                type=origin.type,
                size_bytes=origin.size_bytes,
                source_sha256=origin.source_sha256,
                blob_key=origin.blob_key,
            ),
            origin,
        )
        for ordinal, (headings, document, origin) in enumerate(origins)
    ]


async def _passwords(runtime: Runtime, scope: Scope, order: MergeOrder) -> dict[str, str | None]:
    """What opens the originals of the documents, by their hash: a password is kept for one document alone."""
    async with runtime.db.read(scope) as connection:
        versions = await store.list_versions_of(connection, scope, order.document_ids)
        parts = [
            replace(version, source_sha256=part.source_sha256)
            for known in versions.values()
            for version in known
            if version.n_parts is not None
            for part in await part_store.list_parts(connection, scope, version)
        ]
    files = [version for known in versions.values() for version in known if version.blob_key is not None]
    return {
        version.source_sha256: await find_password(runtime.db, scope, runtime.pepper, version)
        for version in (*files, *parts)
    }


def _new_job(runtime: Runtime, collection_id: str, payload: Mapping[str, Any]) -> NewJob:
    attempts = runtime.settings.ingestion.max_attempts
    return NewJob(MERGE, payload, total=1, max_attempts=attempts, collection_id=collection_id)
