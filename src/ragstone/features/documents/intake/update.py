"""Hand in new content for a document. What it says now stays in force until the new content has been read."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.quotas.reserve import ledger_of
from ragstone.features.documents import store, version_store
from ragstone.features.documents.document import Cause, Document, DocumentNotFound, DocumentStatus, Version
from ragstone.features.documents.intake.draft import TEXT_TYPES, IncomingFile, Origin, Original, pending_version
from ragstone.features.documents.intake.upload import forget_files, ingest_job, keep_file
from ragstone.features.documents.password_store import keep_passwords
from ragstone.features.documents.read import get_document
from ragstone.features.documents.stock import keep_within_quota
from ragstone.features.jobs.enqueue import enqueue
from ragstone.features.jobs.job import Job
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime


@dataclass(frozen=True, slots=True)
class UpdateReceipt:
    """The version that holds the content, and the job that will read it; no job if the content was known already."""

    document: Document
    version: Version
    job: Job | None


@dataclass(frozen=True, slots=True)
class _Handed:
    version_id: str
    original: Original
    text: bytes | None = None
    password: str | None = field(default=None, repr=False)


async def update_with_file(runtime: Runtime, scope: Scope, document_id: str, file: IncomingFile) -> UpdateReceipt:
    """Keep a file as the document's next version and queue it.

    Raises `DocumentNotFound`, `UploadTooLarge`, `BlobStoreUnavailable`.
    """
    require(scope, Permission.WRITE)
    await get_document(runtime.db, scope, document_id)  # Before a large file has been received for nothing.
    intents: list[str] = []
    try:
        kept = await keep_file(runtime, scope, file, intents)
        receipt = await _accept(
            runtime, scope, document_id, _Handed(kept.version_id, kept.original, password=kept.password)
        )
    except BaseException:
        await forget_files(runtime, scope, intents)
        raise
    if receipt.job is None:
        await forget_files(runtime, scope, intents)
    return receipt


async def update_with_text(
    runtime: Runtime, scope: Scope, document_id: str, text: str, source_type: str
) -> UpdateReceipt:
    """Keep a text as the document's next version and queue it. Raises `DocumentNotFound`."""
    require(scope, Permission.WRITE)
    content = text.encode()
    original = Original(hashlib.sha256(content).hexdigest(), len(content), TEXT_TYPES[source_type])
    return await _accept(runtime, scope, document_id, _Handed(new_id("ver"), original, content))


async def _accept(runtime: Runtime, scope: Scope, document_id: str, handed: _Handed) -> UpdateReceipt:
    async with runtime.db.transaction(scope) as connection:
        await version_store.lock_documents(connection, scope, [document_id])
        document = await store.find_document(connection, scope, document_id)
        if document is None:
            raise DocumentNotFound(document_id=document_id)
        versions = await store.list_versions(connection, scope, document_id)
        newest = _newest(versions, document)
        if newest is not None and _is_same(newest, handed.original):
            await keep_passwords(connection, scope, runtime.pepper, [(newest, handed.password)])
            deed = Deed("update_content", (document_id, newest.id), detail={"is_new": False})
            await note(connection, scope, deed, runtime.clock.now())
            return UpdateReceipt(document, newest, None)
        receipt = await _add(connection, runtime, scope, document, handed, versions[-1].number + 1)
    assert receipt.job is not None
    await runtime.queue.send(receipt.job.id)
    return receipt


async def _add(
    connection: AsyncConnection, runtime: Runtime, scope: Scope, document: Document, handed: _Handed, number: int
) -> UpdateReceipt:
    now = runtime.clock.now()
    job = await enqueue(connection, scope, ingest_job(runtime, document.collection_id, total=1), now)
    version = pending_version(handed.version_id, document, handed.original, Origin(number, Cause.UPDATE, job.id, now))
    await version_store.insert_versions(connection, scope, [(version, handed.text)], now)
    await keep_passwords(connection, scope, runtime.pepper, [(version, handed.password)])
    await version_store.forget_error(connection, scope, document.id, now)
    if handed.original.blob_key is not None:
        await store.drop_upload_intents(connection, scope, [handed.original.blob_key])
    deed = Deed("update_content", (document.id, version.id, job.id), detail={"is_new": True})
    await note(connection, scope, deed, now)
    await keep_within_quota(connection, scope, ledger_of(runtime), 0, version.size_bytes)
    changed = await store.find_document(connection, scope, document.id)
    assert changed is not None  # It is locked.
    return UpdateReceipt(changed, version, job)


def _newest(versions: Sequence[Version], document: Document) -> Version | None:
    """What the document says, or will say when everything has been read."""
    is_meant = (item for item in reversed(versions) if _is_waiting(item) or item.id == document.active_version_id)
    return next(is_meant, None)


def _is_waiting(version: Version) -> bool:
    return version.status is DocumentStatus.PENDING


def _is_same(version: Version, original: Original) -> bool:
    declared_anew = original.type is not None and original.type != version.type
    return version.source_sha256 == original.sha256 and not declared_anew
