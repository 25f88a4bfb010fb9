"""Receive files: first their bytes, then one transaction that makes them documents with a job to read them."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass, field

from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.repeatable import Seal, unsealed
from ragstone.features.collections.read import get_collection
from ragstone.features.documents import store
from ragstone.features.documents.document import UploadEmpty, UploadTooLarge
from ragstone.features.documents.intake.accept import Counts
from ragstone.features.documents.intake.draft import (
    IncomingFile,
    Label,
    Original,
    file_document,
    first_version,
    safe_filename,
)
from ragstone.features.documents.intake.receipt import Receipt
from ragstone.features.documents.password_store import keep_passwords
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.features.jobs.job import Priority
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

    Raises `CollectionNotFound`, `UploadEmpty`, `UploadTooLarge`, `BlobStoreUnavailable`.
    """
    require(scope, Permission.WRITE)
    collection = await get_collection(runtime.db, scope, collection_id)
    intents: list[str] = []
    try:
        stored = [await keep_file(runtime, scope, file, intents) async for file in files]
        job = ingest_job(runtime, len(stored), priority)
        receipt = await _accept(runtime, scope, collection.id, _Accepted(stored, label, job), seal)
    except BaseException:
        await forget_files(runtime, scope, intents)
        raise
    await runtime.queue.send(receipt.job.id)
    return receipt


def ingest_job(runtime: Runtime, total: int = 0, priority: Priority = Priority.NORMAL) -> NewJob:
    """A job that reads as many versions."""
    return NewJob(INGEST, {}, total=total, max_attempts=runtime.settings.ingestion.max_attempts, priority=priority)


async def keep_file(runtime: Runtime, scope: Scope, file: IncomingFile, intents: list[str]) -> KeptFile:
    """Write a file to the blob store and measure it on the way; `intents` gets the key it is announced under.

    Raises `UploadTooLarge`, `BlobStoreUnavailable`.
    """
    version_id = new_id("ver")
    blob_key = f"{scope.tenant_id}/{version_id}"
    async with runtime.db.transaction() as connection:
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
    runtime: Runtime, scope: Scope, collection_id: str, accepted: _Accepted, seal: Seal[Receipt]
) -> Receipt:
    if not accepted.files:
        raise UploadEmpty
    now = runtime.clock.now()
    async with runtime.db.transaction() as connection:
        job = await enqueue(connection, scope, accepted.job, now)
        entries = []
        for item in accepted.files:
            size_bytes = item.original.size_bytes
            document = file_document(scope, collection_id, item.filename, size_bytes, accepted.label, now)
            entries.append((document, first_version(document, item.original, job.id, item.version_id), None))
        await store.insert_documents(connection, entries)
        passwords = [(version, item.password) for (_, version, _), item in zip(entries, accepted.files, strict=True)]
        await keep_passwords(connection, scope, runtime.pepper, passwords)
        keys = [item.original.blob_key for item in accepted.files if item.original.blob_key]
        await store.drop_upload_intents(connection, scope, keys)
        documents = tuple(document for document, _, _ in entries)
        receipt = Receipt(documents, job, Counts(created=len(documents)))
        await seal(connection, receipt)
    return receipt


async def forget_files(runtime: Runtime, scope: Scope, blob_keys: list[str]) -> None:
    """Remove blobs that became no document: a commit whose answer was lost has made them documents after all."""
    async with runtime.db.transaction() as connection:
        unclaimed = await store.list_upload_intents(connection, scope, blob_keys)
    for blob_key in unclaimed:
        await runtime.blobs.delete(blob_key)
    async with runtime.db.transaction() as connection:
        await store.drop_upload_intents(connection, scope, unclaimed)
