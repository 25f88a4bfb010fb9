"""Receive documents as text: one, many, or a stream of records."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.quotas.reserve import ledger_of
from ragstone.features.accounts.repeatable import Seal, unsealed
from ragstone.features.collections.collection import Collection
from ragstone.features.collections.create import get_or_create_default
from ragstone.features.collections.read import get_collection
from ragstone.features.documents import store, version_store
from ragstone.features.documents.document import RecordInvalid
from ragstone.features.documents.intake import discard
from ragstone.features.documents.intake.accept import Accepted, Counts, accept
from ragstone.features.documents.intake.draft import TextDraft
from ragstone.features.documents.intake.receipt import Receipt
from ragstone.features.documents.intake.records import RecordStream, Rejected, StreamUnreadable
from ragstone.features.documents.intake.upload import ingest_job
from ragstone.features.documents.stock import keep_within_quota
from ragstone.features.jobs import hold
from ragstone.features.jobs import store as job_store
from ragstone.features.jobs.enqueue import enqueue
from ragstone.features.jobs.job import HELD_FLAG, Job, Priority
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

MAX_ERRORS: Final = 100
"""Errors of skipped records that a receipt tells of."""

_HOLD: Final = timedelta(minutes=10)
_BATCH: Final = 500
_NAMED: Final = 1000


async def ingest(
    runtime: Runtime,
    scope: Scope,
    collection_id: str | None,
    drafts: Sequence[TextDraft],
    seal: Seal[Receipt] = unsealed,
    *,
    priority: Priority = Priority.NORMAL,
) -> Receipt:
    """Keep the texts and queue them, in one transaction; the receipt names their documents.

    Raises `CollectionNotFound`, `QuotaExceeded`.
    """
    collection = await find_home(runtime, scope, collection_id)
    now = runtime.clock.now()
    async with runtime.db.transaction(scope) as connection:
        job = await enqueue(connection, scope, ingest_job(runtime, collection.id, len(drafts), priority), now)
        accepted = await accept(connection, scope, collection, job, drafts, now)
        total = accepted.counts.to_read
        if total != job.total:
            await job_store.update_job(connection, scope, job, total=total)
        receipt = await _receipt(connection, scope, replace(job, total=total), accepted)
        await note(connection, scope, _deed(collection, job, *accepted.document_ids), now)
        await keep_within_quota(connection, scope, ledger_of(runtime), accepted.counts.created, accepted.n_bytes)
        await seal(connection, receipt)
    await runtime.queue.send(job.id)
    return receipt


async def ingest_stream(
    runtime: Runtime,
    scope: Scope,
    collection: Collection,
    stream: RecordStream,
    seal: Seal[Receipt] = unsealed,
    *,
    priority: Priority = Priority.LOW,
) -> Receipt:
    """Keep a stream of texts in batches under one job that begins when the stream ends.

    If the stream breaks, or the server dies before its end, texts with an external id that had been kept stay, as
    sending them again changes nothing, and the others go. The receipt names no documents, as there may be millions.

    Raises `RecordInvalid` for a record that cannot be read, unless those are to be skipped; `HoldLost`,
    `QuotaExceeded`, and what `stream` raises.
    """
    require(scope, Permission.WRITE)
    now = runtime.clock.now()
    async with runtime.db.transaction(scope) as connection:
        held = replace(ingest_job(runtime, collection.id, 0, priority), payload={HELD_FLAG: True}, run_at=now + _HOLD)
        job = await enqueue(connection, scope, held, now)
        await note(connection, scope, _deed(collection, job), now)  # What is kept first stays, however it ends.
    errors: list[Rejected] = []
    try:
        counts = Counts()
        async for batch, n_skipped in _batches(stream, errors):
            counts += await _keep(runtime, scope, collection, job, batch) + Counts(skipped=n_skipped)
        async with runtime.db.transaction(scope) as connection:
            released = await hold.release(connection, scope, job, counts.to_read, runtime.clock.now())
            receipt = Receipt((), released, counts, tuple(errors))
            await seal(connection, receipt)
    except BaseException as error:
        kept = await discard.discard_held(runtime.db, runtime.clock, scope, job.id)
        if kept:
            await runtime.queue.send(job.id)
        if isinstance(error, StreamUnreadable):
            wrong = error.rejected
            raise RecordInvalid(line=wrong.line, field=wrong.field, reason=wrong.reason, kept=kept) from error
        raise
    await runtime.queue.send(job.id)
    return receipt


async def find_home(runtime: Runtime, scope: Scope, collection_id: str | None) -> Collection:
    """The collection texts go to: the one named, or the default one. Raises `CollectionNotFound`."""
    require(scope, Permission.WRITE)
    if collection_id is None:
        return await get_or_create_default(runtime.db, runtime.embedder, runtime.clock, scope)
    return await get_collection(runtime.db, scope, collection_id)


async def _batches(stream: RecordStream, errors: list[Rejected]) -> AsyncIterator[tuple[list[TextDraft], int]]:
    """Batches of texts, each with how many records were skipped among them; the first errors go into `errors`."""
    batch: list[TextDraft] = []
    n_skipped = 0
    async for found in stream.found:
        if isinstance(found, Rejected):
            if not stream.skip_invalid:
                raise StreamUnreadable(found)
            n_skipped += 1
            if len(errors) < MAX_ERRORS:
                errors.append(found)
            continue
        batch.append(found)
        if len(batch) == _BATCH:
            yield batch, n_skipped
            batch, n_skipped = [], 0
    yield batch, n_skipped


async def _keep(
    runtime: Runtime, scope: Scope, collection: Collection, job: Job, drafts: Sequence[TextDraft]
) -> Counts:
    if not drafts:
        return Counts()
    async with runtime.db.transaction(scope) as connection:
        now = runtime.clock.now()
        await hold.extend(connection, scope, job, now + _HOLD)
        accepted = await accept(connection, scope, collection, job, drafts, now)
        await keep_within_quota(connection, scope, ledger_of(runtime), accepted.counts.created, accepted.n_bytes)
        return accepted.counts


def _deed(collection: Collection, job: Job, *document_ids: str) -> Deed:
    """Of a stream the job is named alone, and of many texts the first: each document knows its job."""
    objects = (collection.id, job.id, *document_ids[:_NAMED])
    return Deed("ingest_documents", objects, detail={"documents": len(document_ids)})


async def _receipt(connection: AsyncConnection, scope: Scope, job: Job, accepted: Accepted) -> Receipt:
    found = await store.list_documents_by_id(connection, scope, accepted.document_ids)
    states = await version_store.list_states(connection, scope, accepted.document_ids)
    documents = tuple(found[document_id] for document_id in accepted.document_ids if document_id in found)
    return Receipt(documents, job, accepted.counts, states=states)
