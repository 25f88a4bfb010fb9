"""Begin to change the embedding model of a collection: forth, back, or with no way back."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.collections import generation_store
from ragstone.features.collections.collection import Collection
from ragstone.features.collections.generation_store import Generation
from ragstone.features.collections.read import get_collection
from ragstone.features.ingestion.generations import store
from ragstone.features.ingestion.generations.problems import CollectionMoving, ModelInUse, NoPreviousModel
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.features.jobs.job import Job, Priority
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

MOVE: Final = "collections.move"
"""The kind of job that builds a generation and switches to it. Payload: a `Generation`, `collection_id`, `after`."""

DROP_PREVIOUS: Final = "collections.drop_previous"
"""The kind of job that removes what is kept for going back. Payload: a `Generation`, `collection_id`."""

_MAX_ATTEMPTS: Final = 20


async def move(runtime: Runtime, scope: Scope, collection_id: str, name: str) -> Job:
    """Move a collection to the embedding model of that name, without a moment in which it cannot be searched.

    Raises `CollectionNotFound`, `EmbeddingModelUnknown`, `ModelInUse`, `CollectionMoving`.
    """
    require(scope, Permission.WRITE)
    collection = await get_collection(runtime.db, scope, collection_id)
    return await _move(runtime, scope, collection, get_target(runtime, collection, name), "move_collection")


def get_target(runtime: Runtime, collection: Collection, name: str) -> Generation:
    """The generation of the model of that name. Raises `EmbeddingModelUnknown`, `ModelInUse`."""
    profile = runtime.embedders.named(name).profile
    if profile.generation == collection.generation:
        raise ModelInUse(model=name, collection_id=collection.id)
    return Generation(name, profile.generation, profile.dimensions)


async def roll_back(runtime: Runtime, scope: Scope, collection_id: str) -> Job:
    """Move a collection back. Its former vectors are there, so that only what came in since is embedded.

    Raises `CollectionNotFound`, `NoPreviousModel`, `EmbeddingModelMissing`, `CollectionMoving`.
    """
    require(scope, Permission.WRITE)
    collection = await get_collection(runtime.db, scope, collection_id)
    previous = _previous(collection)
    if previous.dimensions:
        runtime.embedders.get(previous.generation, previous.model)
    return await _move(runtime, scope, collection, previous, "roll_back_collection")


async def drop_previous(runtime: Runtime, scope: Scope, collection_id: str) -> Job:
    """Remove what is kept of the model before. Raises `CollectionNotFound`, `NoPreviousModel`, `CollectionMoving`."""
    require(scope, Permission.WRITE)
    collection = await get_collection(runtime.db, scope, collection_id)
    previous = _previous(collection)

    async def claim(connection: AsyncConnection, job: Job) -> bool:
        return await generation_store.give_up_previous(connection, scope, collection_id, job.id)

    new = NewJob(DROP_PREVIOUS, _payload(collection, previous), collection_id=collection_id)
    return await _enqueue(runtime, scope, collection, "drop_previous_model", new, claim)


async def _move(runtime: Runtime, scope: Scope, collection: Collection, target: Generation, action: str) -> Job:
    async def claim(connection: AsyncConnection, job: Job) -> bool:
        return await generation_store.begin_move(connection, scope, collection.id, job.id, target)

    async with runtime.db.read(scope) as connection:
        total = await store.count_active_chunks(connection, scope, collection.id)
    new = NewJob(
        MOVE,
        {**_payload(collection, target), "after": "", "done": 0},
        total=total,
        max_attempts=_MAX_ATTEMPTS,
        priority=Priority.BACKGROUND,
        collection_id=collection.id,
    )
    return await _enqueue(runtime, scope, collection, action, new, claim)


async def _enqueue(
    runtime: Runtime,
    scope: Scope,
    collection: Collection,
    action: str,
    new: NewJob,
    claim: Callable[[AsyncConnection, Job], Awaitable[bool]],
) -> Job:
    """Queue the job if the collection is free for it, as what the operation `action` asked for."""
    async with runtime.db.transaction(scope) as connection:
        now = runtime.clock.now()
        job = await enqueue(connection, scope, new, now)
        if not await claim(connection, job):
            raise CollectionMoving(collection_id=collection.id)
        await note(connection, scope, Deed(action, (collection.id, job.id)), now)
    await runtime.queue.send(job.id)
    return job


def _payload(collection: Collection, generation: Generation) -> dict[str, Any]:
    return {"collection_id": collection.id, **asdict(generation)}


def _previous(collection: Collection) -> Generation:
    if collection.previous_model is None or collection.previous_generation is None:
        raise NoPreviousModel(collection_id=collection.id)
    return Generation(collection.previous_model, collection.previous_generation, collection.previous_dimensions or 0)
