"""The jobs that change the generation of a collection. Every step may be killed and done again."""

from typing import Any, Final

from ragstone.features.collections import generation_store
from ragstone.features.collections import store as collection_store
from ragstone.features.collections.collection import Collection
from ragstone.features.collections.generation_store import Generation
from ragstone.features.ingestion.embed_missing import drop_unneeded
from ragstone.features.ingestion.generations import store
from ragstone.features.ingestion.generations.build import Build
from ragstone.features.ingestion.generations.problems import CollectionMoving
from ragstone.features.jobs.retry import RETRY_FLAG
from ragstone.features.jobs.run import JobRun, yield_turn
from ragstone.features.jobs.store import find_job
from ragstone.kit.problem import Problem
from ragstone.ports.filters import Condition, Op
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexSpace

_DOCUMENTS: Final = 32


class MoveJobs:
    """Builds the next generation of a collection while it is searched and written, then switches in one transaction."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def run(self, run: JobRun) -> bool:
        """Build, compare, switch, clean up; False if others go first. Raises `EmbeddingModelMissing`."""
        payload = dict(run.job.payload)
        if payload.pop(RETRY_FLAG, False):
            payload = await self._begin_again(run, payload)
        collection = await _find(self._runtime, run, payload)
        if collection is not None and _is_building(collection, run):
            build = Build(self._runtime, run, collection.id, _generation(payload))
            if not await self._fill(run, build, payload):
                return False
            while await build.mend():
                await self._note(run, "verify", payload)
            payload = await self._switch(run, collection, payload)
        await self._clean_up(run, payload)
        return True

    async def give_up(self, run: JobRun, problem: Problem | None) -> None:
        """Leave the collection as it was: what has been built of the next generation is removed."""
        del problem
        async with self._runtime.db.transaction(run.scope) as connection:
            await run.guard(connection)
            await generation_store.stop_moving(connection, run.scope, run.job.payload["collection_id"], run.job.id)
            job = await find_job(connection, run.scope, run.job.id)  # This attempt may have switched already.
        await self._clean_up(run, dict(job.payload if job is not None else run.job.payload))

    async def _begin_again(self, run: JobRun, payload: dict[str, Any]) -> dict[str, Any]:
        """A move that was given up, and is wanted after all. Raises `CollectionMoving`."""
        anew = {**payload, "after": "", "done": 0}
        async with self._runtime.db.transaction(run.scope) as connection:
            await run.guard(connection, payload=anew)
            place = (run.scope, payload["collection_id"], run.job.id)
            if not await generation_store.begin_move(connection, *place, _generation(payload)):
                raise CollectionMoving(collection_id=payload["collection_id"])
        return anew

    async def _fill(self, run: JobRun, build: Build, payload: dict[str, Any]) -> bool:
        """Write all documents, those after the last that is known to be written. False if others go first."""
        while True:
            async with self._runtime.db.read(run.scope) as connection:
                document_ids = await store.list_active_documents(
                    connection, run.scope, build.collection_id, payload["after"], _DOCUMENTS
                )
            if not document_ids:
                return True
            payload["done"] += await build.write(document_ids)
            payload["after"] = document_ids[-1]
            await self._note(run, "embed", payload)
            if await run.should_yield():
                await yield_turn(run)
                return False

    async def _note(self, run: JobRun, stage: str, payload: dict[str, Any]) -> None:
        total = max(run.job.total, payload["done"])
        async with self._runtime.db.transaction(run.scope) as connection:
            await run.guard_unless_cancelled(
                connection, stage=stage, done=payload["done"], total=total, payload=dict(payload)
            )

    async def _switch(self, run: JobRun, collection: Collection, payload: dict[str, Any]) -> dict[str, Any]:
        """Search the new space from now on. What was kept of the model before the present one is kept no longer."""
        switched = {**payload, "replaced": _replaced(collection)}
        async with self._runtime.db.transaction(run.scope) as connection:
            await run.guard_unless_cancelled(connection, stage="switch", payload=switched)
            await generation_store.switch(connection, run.scope, collection.id, run.job.id)
        return switched

    async def _clean_up(self, run: JobRun, payload: dict[str, Any]) -> None:
        """Remove what the collection has no use for: of a move that was given up, or of a model long left."""
        await clear(self._runtime, run, str(payload["collection_id"]), _generation(payload))
        if payload.get("replaced"):
            await clear(self._runtime, run, str(payload["collection_id"]), Generation(**payload["replaced"]))
        await release(self._runtime, run, payload)


class DropPreviousJobs:
    """Removes what is kept of the model a collection had before."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def run(self, run: JobRun) -> bool:
        """Remove points and vectors."""
        await clear(self._runtime, run, str(run.job.payload["collection_id"]), _generation(run.job.payload))
        await release(self._runtime, run, run.job.payload)
        return True

    async def give_up(self, run: JobRun, problem: Problem | None) -> None:
        """What is left, the doctor finds; the collection can be moved again."""
        del problem
        await release(self._runtime, run, run.job.payload)


async def clear(runtime: Runtime, run: JobRun, collection_id: str, generation: Generation) -> None:
    """Remove points and vectors of a generation, unless the collection uses it. No other job changes that meanwhile."""
    space = IndexSpace(run.job.tenant_id, generation.generation, generation.dimensions)
    collection = await _find(runtime, run, {"collection_id": collection_id})
    if collection is None or space not in collection.spaces:
        await runtime.index.delete(space, Condition("collection_id", Op.EQ, collection_id))
    await drop_unneeded(runtime.db, run.scope, generation.generation)


async def release(runtime: Runtime, run: JobRun, payload: Any) -> None:
    """Let other jobs change the collection's generations."""
    async with runtime.db.transaction(run.scope) as connection:
        await run.guard(connection)
        await generation_store.release(connection, run.scope, str(payload["collection_id"]), run.job.id)


async def _find(runtime: Runtime, run: JobRun, payload: Any) -> Collection | None:
    async with runtime.db.read(run.scope) as connection:
        return await collection_store.find_collection(connection, run.scope, str(payload["collection_id"]))


def _is_building(collection: Collection, run: JobRun) -> bool:
    return collection.next_generation is not None and collection.generation_job_id == run.job.id


def _generation(payload: Any) -> Generation:
    return Generation(payload["model"], payload["generation"], payload["dimensions"])


def _replaced(collection: Collection) -> dict[str, Any] | None:
    """The generation that falls out of use with the switch, if another was kept than the one that is moved to."""
    if collection.previous_generation in {None, collection.next_generation}:
        return None
    return {
        "model": collection.previous_model,
        "generation": collection.previous_generation,
        "dimensions": collection.previous_dimensions,
    }
