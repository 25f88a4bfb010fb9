"""Receive files: first their bytes, then one transaction that makes them documents with a job to read them."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.quotas.reserve import ledger_of
from ragstone.features.accounts.repeatable import Seal, unsealed
from ragstone.features.collections.collection import Collection
from ragstone.features.collections.read import get_collection
from ragstone.features.documents import store, version_store
from ragstone.features.documents.document import Document, UploadEmpty, UploadTooLarge, Version
from ragstone.features.documents.intake.accept import Counts
from ragstone.features.documents.intake.draft import (
    IncomingFile,
    Label,
    Original,
    file_document,
    first_version,
    safe_filename,
)
from ragstone.features.documents.intake.duplicates import find_all_copies
from ragstone.features.documents.intake.receipt import Receipt
from ragstone.features.documents.password_store import keep_passwords
from ragstone.features.documents.stock import keep_within_quota
from ragstone.features.jobs import store as job_store
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.features.jobs.job import Job, Priority
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

INGEST = "documents.ingest"
"""The kind of job that reads the versions created under its id."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file whose bytes are in the blob store, under the identifier its version will have."""

    filename: str
    version_id: str
    original: Original
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Accepted:
    """What an upload comes to: files that are kept, what is said of them, and the job to read them."""

    files: Sequence[KeptFile]
    label: Label
    job: NewJob


async def upload(  # noqa: PLR0913 - A request says so much.
    runtime: Runtime,
    scope: Scope,
    collection_id: str,
    files: AsyncIterable[IncomingFile],
    label: Label,
    seal: Seal[Receipt] = unsealed,
    *,
    priority: Priority = Priority.NORMAL,
) -> Receipt:
    """Store the files and queue them; all of them or, on any error, none.

    Raises `CollectionNotFound`, `UploadEmpty`, `UploadTooLarge`, `DuplicatesRefused`, `QuotaExceeded`,
    `BlobStoreUnavailable`.
    """
    require(scope, Permission.WRITE)
    collection = await get_collection(runtime.db, scope, collection_id)
    intents: list[str] = []
    try:
        stored = [await keep_file(runtime, scope, file, intents) async for file in files]
        job = ingest_job(runtime, collection.id, len(stored), priority)
        receipt = await _accept(runtime, scope, collection, _Accepted(stored, label, job), seal)
    except BaseException:
        await forget_files(runtime, scope, intents)
        raise
    await runtime.queue.send(receipt.job.id)
    return receipt


def ingest_job(runtime: Runtime, collection_id: str, total: int = 0, priority: Priority = Priority.NORMAL) -> NewJob:
    """A job that reads as many versions in a collection."""
    attempts = runtime.settings.ingestion.max_attempts
    return NewJob(INGEST, {}, total, max_attempts=attempts, priority=priority, collection_id=collection_id)


async def keep_file(runtime: Runtime, scope: Scope, file: IncomingFile, intents: list[str]) -> KeptFile:
    """Write a file to the blob store and measure it on the way; `intents` gets the key it is announced under.

    Raises `UploadTooLarge`, `BlobStoreUnavailable`.
    """
    version_id = new_id("ver")
    blob_key = f"{scope.tenant_id}/{version_id}"
    async with runtime.db.transaction(scope) as connection:
        await store.add_upload_intent(connection, scope, blob_key, runtime.clock.now())
    intents.append(blob_key)
    digest = hashlib.sha256()
    filename = safe_filename(file.filename)
    measured = _measured(file.content, digest, filename, runtime.settings.http.max_upload_bytes)
    stat = await runtime.blobs.put(blob_key, measured)
    original = Original(digest.hexdigest(), stat.size_bytes, blob_key=blob_key, filename=filename)
    return KeptFile(filename, version_id, original, file.password)


async def _measured(
    content: AsyncIterable[bytes], digest: "hashlib._Hash", filename: str, limit_bytes: int
) -> AsyncIterator[bytes]:
    size = 0
    async for piece in content:
        size += len(piece)
        if size > limit_bytes:
            raise UploadTooLarge(filename=filename, limit_bytes=limit_bytes)
        digest.update(piece)
        yield piece


async def _accept(
    runtime: Runtime, scope: Scope, collection: Collection, accepted: _Accepted, seal: Seal[Receipt]
) -> Receipt:
    stored, label = accepted.files, accepted.label
    if not stored:
        raise UploadEmpty
    now = runtime.clock.now()
    async with runtime.db.transaction(scope) as connection:
        hashes = [item.original.sha256 for item in stored]
        copies = await find_all_copies(connection, scope, collection, "files", hashes)
        job = await enqueue(connection, scope, accepted.job, now)
        entries = []
        document_ids: dict[str, None] = {}  # In order, and each once.
        for place, item in enumerate(stored):
            copy = copies.find(place, item.original.sha256)
            if copy is None:
                document = file_document(scope, collection.id, item.filename, item.original.size_bytes, label, now)
                version = first_version(document, item.original, job.id, item.version_id)
                entries.append((document, version, item))
                copies.note(item.original.sha256, document.id)
            document_ids[copy or document.id] = None
        copies.check()
        await _keep(connection, runtime, scope, job, entries)
        found = await store.list_documents_by_id(connection, scope, list(document_ids))
        states = await version_store.list_states(connection, scope, list(document_ids))
        counts = Counts(created=len(entries), linked=len(stored) - len(entries))
        documents = tuple(found[document_id] for document_id in document_ids)
        receipt = Receipt(documents, replace(job, total=len(entries)), counts, states=states)
        deed = Deed("upload_documents", (collection.id, job.id, *document_ids), detail={"linked": counts.linked})
        await note(connection, scope, deed, now)
        await keep_within_quota(
            connection, scope, ledger_of(runtime), len(entries), sum(item.original.size_bytes for _, _, item in entries)
        )
        await seal(connection, receipt)
    if counts.linked:
        await forget_files(runtime, scope, [item.original.blob_key for item in stored if item.original.blob_key])
    return receipt


async def _keep(
    connection: AsyncConnection,
    runtime: Runtime,
    scope: Scope,
    job: Job,
    entries: Sequence[tuple[Document, Version, KeptFile]],
) -> None:
    """Make the files documents, which claims their blobs."""
    if entries:
        await store.insert_documents(connection, [(document, version, None) for document, version, _ in entries])
    passwords = [(version, item.password) for _, version, item in entries]
    await keep_passwords(connection, scope, runtime.pepper, passwords)
    keys = [item.original.blob_key for _, _, item in entries if item.original.blob_key]
    await store.drop_upload_intents(connection, scope, keys)
    await job_store.update_job(connection, scope, job, total=len(entries))


async def forget_files(runtime: Runtime, scope: Scope, blob_keys: list[str]) -> None:
    """Remove blobs that became no document: a commit whose answer was lost has made them documents after all."""
    async with runtime.db.transaction(scope) as connection:
        unclaimed = await store.list_upload_intents(connection, scope, blob_keys)
    for blob_key in unclaimed:
        await runtime.blobs.delete(blob_key)
    async with runtime.db.transaction(scope) as connection:
        await store.drop_upload_intents(connection, scope, unclaimed)
