"""Have documents read again from their originals, as new ones would be read; they answer as before meanwhile."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.repeatable import Seal, unsealed
from ragstone.features.collections.collection import Collection
from ragstone.features.collections.read import get_collection, select_collections
from ragstone.features.documents.read import get_document
from ragstone.features.documents.versions import reindex_store
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.features.jobs.job import Job, Priority
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

REINDEX: Final = "documents.reindex"
"""The kind of job that reads documents again.

Payload: `collection_id`; `document_id` if it is about one; `chunking`, the collection's when the job was made; `until`,
the last document to be read; `after`, the last one taken so far; `taken`, how many those are; `is_planned` once that
are all.
"""


async def reindex_document(runtime: Runtime, scope: Scope, document_id: str, seal: Seal[Job] = unsealed) -> Job:
    """Read one document again. Raises `DocumentNotFound`."""
    require(scope, Permission.WRITE)
    document = await get_document(runtime.db, scope, document_id)
    collection = await get_collection(runtime.db, scope, document.collection_id)
    now = runtime.clock.now()
    payload = {**_payload(collection), "document_id": document_id, "until": document_id}
    async with runtime.db.transaction(scope) as connection:
        attempts = runtime.settings.ingestion.max_attempts
        new = NewJob(REINDEX, payload, total=1, max_attempts=attempts, collection_id=collection.id)
        job = await enqueue(connection, scope, new, now)
        await note(connection, scope, Deed("reindex_document", (document_id, job.id)), now)
        await seal(connection, job)
    await runtime.queue.send(job.id)
    return job


async def reindex_collection(runtime: Runtime, scope: Scope, collection_id: str, seal: Seal[Job] = unsealed) -> Job:
    """Read everything in a collection again. Raises `CollectionNotFound`."""
    require(scope, Permission.WRITE)
    collection = await get_collection(runtime.db, scope, collection_id)
    async with runtime.db.transaction(scope) as connection:
        job = await _enqueue(connection, runtime, scope, collection)
        deed = Deed("reindex_collection", (collection_id, job.id))
        await note(connection, scope, deed, runtime.clock.now())
        await seal(connection, job)
    await runtime.queue.send(job.id)
    return job


async def reindex_everything(runtime: Runtime, scope: Scope, seal: Seal[Sequence[Job]] = unsealed) -> Sequence[Job]:
    """Read every document of the tenant again, by one job for each collection."""
    require(scope, Permission.WRITE)
    collections = await select_collections(runtime.db, scope, None)
    async with runtime.db.transaction(scope) as connection:
        jobs = [await _enqueue(connection, runtime, scope, collection) for collection in collections]
        objects = (*(collection.id for collection in collections), *(job.id for job in jobs))
        await note(connection, scope, Deed("reindex_everything", objects), runtime.clock.now())
        await seal(connection, jobs)
    for job in jobs:
        await runtime.queue.send(job.id)
    return jobs


async def _enqueue(connection: AsyncConnection, runtime: Runtime, scope: Scope, collection: Collection) -> Job:
    """The job, or one that waits for the same; the job itself finds its documents, however many there are."""
    waiting = await reindex_store.find_waiting(connection, scope, collection.id, REINDEX)
    if waiting is not None and waiting.payload["chunking"] == asdict(collection.chunking):
        return waiting
    total, until = await reindex_store.measure(connection, scope, collection.id)
    new = NewJob(
        REINDEX,
        {**_payload(collection), "until": until},
        total=total,
        max_attempts=runtime.settings.ingestion.max_attempts,
        priority=Priority.BACKGROUND,
        collection_id=collection.id,
    )
    return await enqueue(connection, scope, new, runtime.clock.now())


def _payload(collection: Collection) -> dict[str, Any]:
    return {
        "collection_id": collection.id,
        "chunking": asdict(collection.chunking),
        "after": "",
        "taken": 0,
        "is_planned": False,
    }
