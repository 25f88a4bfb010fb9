"""Delete documents: gone for every reader at once, gone from index and blobs by a durable job."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, note
from ragstone.db.outbox import Event
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.documents import purge_store
from ragstone.features.documents.bulk import get_all
from ragstone.features.documents.document import DocumentNotFound
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.features.jobs.job import Job, Priority
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

PURGE: Final = "documents.purge"
"""The kind of job that removes what hidden documents have left. Payload: `collection_id`, `drop_collection`."""

_MANY_ATTEMPTS: Final = 1000  # What a user deleted has to go in the end, however long a store is down.


async def delete_document(runtime: Runtime, scope: Scope, document_id: str) -> None:
    """Hide a document and queue the removal of everything kept of it. Raises `DocumentNotFound`."""
    require(scope, Permission.WRITE)
    now = runtime.clock.now()
    async with runtime.db.transaction(scope) as connection:
        collection_id = await purge_store.hide_document(connection, scope, document_id, now)
        if collection_id is None:
            raise DocumentNotFound(document_id=document_id)
        job = await enqueue_purge(connection, scope, collection_id, now)
        await note(connection, scope, Deed("delete_document", (document_id, collection_id, job.id)), now)
    await runtime.queue.send(job.id)


async def delete_documents(runtime: Runtime, scope: Scope, document_ids: Sequence[str]) -> None:
    """Hide many documents, all of them or none, and queue their removal. Raises `BulkRefused`."""
    require(scope, Permission.WRITE)
    now = runtime.clock.now()
    async with runtime.db.transaction(scope) as connection:
        documents = await get_all(connection, scope, document_ids, bulk=True)
        for document in documents:
            await purge_store.hide_document(connection, scope, document.id, now)
        collection_ids = dict.fromkeys(document.collection_id for document in documents)
        jobs = [await enqueue_purge(connection, scope, item, now) for item in collection_ids]
        deed = Deed("delete_documents", (*document_ids, *collection_ids, *(job.id for job in jobs)))
        await note(connection, scope, deed, now)
    for job in jobs:
        await runtime.queue.send(job.id)


async def on_collection_deleted(runtime: Runtime, event: Event) -> None:
    """Hide every document of a deleted collection and queue the removal of all of it. Harmless when repeated."""
    collection_id = str(event.payload["collection_id"])
    scope = Scope(event.tenant_id, event.id, frozenset({Permission.WRITE}))
    now = runtime.clock.now()
    async with runtime.db.transaction(scope) as connection:
        await purge_store.hide_collection(connection, scope, collection_id, now)
        job = await enqueue_purge(connection, scope, collection_id, now, drop_collection=True)
    await runtime.queue.send(job.id)


async def requeue_purge(runtime: Runtime, scope: Scope, collection_id: str) -> None:
    """Queue the removal of hidden documents again, in case the first job was lost."""
    now = runtime.clock.now()
    async with runtime.db.transaction(scope) as connection:
        job = await enqueue_purge(connection, scope, collection_id, now)
    await runtime.queue.send(job.id)


async def enqueue_purge(
    connection: AsyncConnection, scope: Scope, collection_id: str, now: datetime, *, drop_collection: bool = False
) -> Job:
    """Queue the removal of what hidden documents of a collection have left."""
    payload = {"collection_id": collection_id, "drop_collection": drop_collection}
    new = NewJob(PURGE, payload, max_attempts=_MANY_ATTEMPTS, priority=Priority.URGENT, collection_id=collection_id)
    return await enqueue(connection, scope, new, now)
