"""Receive documents as text: one, many, or a stream of records."""

import hashlib
from collections.abc import AsyncIterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.repeatable import Seal, unsealed
from ragstone.features.collections.collection import Collection
from ragstone.features.collections.create import get_or_create_default
from ragstone.features.collections.read import get_collection
from ragstone.features.documents import store
from ragstone.features.documents.document import Document
from ragstone.features.documents.intake import discard
from ragstone.features.documents.intake.draft import TEXT_TYPES, Original, TextDraft, first_version, text_document
from ragstone.features.documents.intake.upload import Receipt, ingest_job
from ragstone.features.jobs import hold
from ragstone.features.jobs.enqueue import enqueue
from ragstone.features.jobs.job import HELD_FLAG, Job, Priority
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

_HOLD: Final = timedelta(minutes=10)
_BATCH: Final = 500


async def ingest(
    runtime: Runtime,
    scope: Scope,
    collection_id: str | None,
    drafts: Sequence[TextDraft],
    seal: Seal[Receipt] = unsealed,
    *,
    priority: Priority = Priority.NORMAL,
) -> Receipt:
    """Keep the texts and queue them, in one transaction. Raises `CollectionNotFound`."""
    require(scope, Permission.WRITE)
    collection = await _collection(runtime, scope, collection_id)
    now = runtime.clock.now()
    async with runtime.db.transaction() as connection:
        job = await enqueue(connection, scope, ingest_job(runtime, len(drafts), priority), now)
        receipt = Receipt(await _insert(connection, runtime, scope, collection, job, drafts), job)
        await seal(connection, receipt)
    await runtime.queue.send(job.id)
    return receipt


async def ingest_stream(
    runtime: Runtime,
    scope: Scope,
    collection_id: str | None,
    drafts: AsyncIterable[TextDraft],
    seal: Seal[Receipt] = unsealed,
    *,
    priority: Priority = Priority.LOW,
) -> Receipt:
    """Keep a stream of texts in batches under one job that begins when the stream ends.

    If the stream breaks, or the server dies before its end, nothing of it is kept. The receipt names no documents, as
    there may be millions. Raises `CollectionNotFound`, `HoldLost`, and what `drafts` raises.
    """
    require(scope, Permission.WRITE)
    collection = await _collection(runtime, scope, collection_id)
    now = runtime.clock.now()
    async with runtime.db.transaction() as connection:
        held = replace(ingest_job(runtime, 0, priority), payload={HELD_FLAG: True}, run_at=now + _HOLD)
        job = await enqueue(connection, scope, held, now)
    try:
        total = 0
        batch: list[TextDraft] = []
        async for draft in drafts:
            batch.append(draft)
            if len(batch) == _BATCH:
                total += await _keep(runtime, scope, collection, job, batch)
                batch = []
        total += await _keep(runtime, scope, collection, job, batch)
        async with runtime.db.transaction() as connection:
            released = await hold.release(connection, runtime.clock, scope, job, total)
            await seal(connection, Receipt((), released))
    except BaseException:
        await discard.discard_held(runtime.db, scope, job.id)
        raise
    await runtime.queue.send(job.id)
    return Receipt((), released)


async def _keep(runtime: Runtime, scope: Scope, collection: Collection, job: Job, drafts: Sequence[TextDraft]) -> int:
    if drafts:
        async with runtime.db.transaction() as connection:
            await hold.extend(connection, scope, job, runtime.clock.now() + _HOLD)
            await _insert(connection, runtime, scope, collection, job, drafts)
    return len(drafts)


async def _collection(runtime: Runtime, scope: Scope, collection_id: str | None) -> Collection:
    if collection_id is None:
        return await get_or_create_default(runtime.db, runtime.embedder, runtime.clock, scope)
    return await get_collection(runtime.db, scope, collection_id)


async def _insert(
    connection: AsyncConnection,
    runtime: Runtime,
    scope: Scope,
    collection: Collection,
    job: Job,
    drafts: Sequence[TextDraft],
) -> tuple[Document, ...]:
    now = runtime.clock.now()
    entries = []
    for draft in drafts:
        content = draft.text.encode()
        original = Original(hashlib.sha256(content).hexdigest(), len(content), TEXT_TYPES[draft.source_type])
        document = text_document(scope, collection.id, draft, len(content), now)
        entries.append((document, first_version(document, original, job.id), content))
    await store.insert_documents(connection, entries)
    return tuple(document for document, _, _ in entries)
