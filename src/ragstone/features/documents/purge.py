"""Remove what hidden documents have left in index, rows and blobs.

The points go first. The rows go in one transaction that notes which blobs go with them, so that a crash loses no trace.
"""

from collections.abc import Sequence
from typing import Final

from ragstone.features.collections import store as collection_store
from ragstone.features.documents import blob_use_store, embedding_store, purge_store
from ragstone.features.documents.purge_store import Hidden
from ragstone.features.documents.store import drop_upload_intents
from ragstone.features.documents.tables import documents
from ragstone.features.jobs.run import JobRun, postpone
from ragstone.features.jobs.store import list_running
from ragstone.kit.problem import Problem
from ragstone.kit.scope import Scope
from ragstone.ports.filters import Condition, Op
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexSpace

_BATCH: Final = 200
_WAIT_S: Final = 0.5


class PurgeJobs:
    """Runs purge jobs."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def run(self, run: JobRun) -> bool:
        """Remove everything hidden in one collection. False if it must be tried again a little later."""
        collection_id = str(run.job.payload["collection_id"])
        done = 0
        while batch := await self._next(run, collection_id):
            if await self._is_being_read(run, batch):
                await postpone(run, _WAIT_S)
                return False
            await self._remove(run, collection_id, batch)
            done += len(batch)
            await run.report("purge", done, done)
        if run.job.payload.get("drop_collection"):
            async with self._runtime.db.transaction(run.scope) as connection:
                await run.guard(connection)
                await collection_store.remove_deleted(connection, run.scope, collection_id)
        return True

    async def give_up(self, run: JobRun, problem: Problem | None) -> None:
        """Nothing to undo: what is hidden stays hidden, and the doctor finds it."""

    async def _next(self, run: JobRun, collection_id: str) -> list[Hidden]:
        if run.job.payload.get("drop_collection"):  # A document that came in while its collection went goes too.
            async with self._runtime.db.transaction(run.scope) as connection:
                await purge_store.hide_collection(connection, run.scope, collection_id, self._runtime.clock.now())
        async with self._runtime.db.read(run.scope) as connection:
            return list(await purge_store.list_hidden(connection, run.scope, collection_id, _BATCH))

    async def _is_being_read(self, run: JobRun, batch: list[Hidden]) -> bool:
        """Whether a worker may still be writing points of these documents; it will notice, and stop by itself."""
        job_ids = sorted({job_id for hidden in batch for job_id in hidden.interrupted_job_ids})
        async with self._runtime.db.read(run.scope) as connection:
            return bool(await list_running(connection, run.scope, job_ids))

    async def _remove(self, run: JobRun, collection_id: str, batch: list[Hidden]) -> None:
        document_ids = tuple(hidden.document_id for hidden in batch)
        for space in await self._spaces(run.scope, collection_id):
            await self._runtime.index.delete(space, Condition("document_id", Op.IN, document_ids))
        async with self._runtime.db.transaction(run.scope) as connection:
            await run.guard(connection)
            await embedding_store.begin_dropping(connection, run.scope)
            blob_keys = await blob_use_store.list_blob_keys(connection, run.scope, documents.c.id.in_(document_ids))
            await purge_store.drop_documents(connection, run.scope, document_ids)
            now = self._runtime.clock.now()
            abandoned = await blob_use_store.abandon_blobs(connection, run.scope, blob_keys, now)
        await remove_abandoned(self._runtime, run.scope, abandoned)

    async def _spaces(self, scope: Scope, collection_id: str) -> list[IndexSpace]:
        async with self._runtime.db.read(scope) as connection:
            return await purge_store.list_spaces(connection, scope, collection_id)


async def remove_abandoned(runtime: Runtime, scope: Scope, blob_keys: Sequence[str]) -> None:
    """Remove abandoned blobs. What is left when this is interrupted, the sweep removes."""
    for blob_key in blob_keys:
        await runtime.blobs.delete(blob_key)
    async with runtime.db.transaction(scope) as connection:
        await drop_upload_intents(connection, scope, blob_keys)


async def sweep_uploads(runtime: Runtime, older_than_s: float) -> int:
    """Remove blobs whose upload never became a document, and those that were abandoned; how many."""
    now = runtime.clock.now()
    before = now.fromtimestamp(now.timestamp() - older_than_s, tz=now.tzinfo)
    async with runtime.db.read_across_tenants() as connection:
        stale = await purge_store.list_stale_intents(connection, before)
    for tenant_id, blob_key in stale:
        await runtime.blobs.delete(blob_key)
        scope = Scope(tenant_id, "sweep", frozenset())
        async with runtime.db.transaction(scope) as connection:
            await drop_upload_intents(connection, scope, [blob_key])
    return len(stale)
