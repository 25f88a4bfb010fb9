"""A collection moves to another embedding model and back, while it is searched and written."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from tests.features.ingestion.steps import end_of, rows, search, until_purged, write

from ragstone.entry.worker.supervise import background
from ragstone.features.collections import generation_store
from ragstone.features.collections.collection import Collection, CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.collections.delete import delete_collection
from ragstone.features.collections.read import get_collection
from ragstone.features.documents.delete import delete_document
from ragstone.features.documents.intake.draft import TextDraft
from ragstone.features.documents.intake.ingest import ingest
from ragstone.features.documents.tables import chunks, documents, embeddings
from ragstone.features.ingestion.generations.begin import drop_previous, get_target, move, roll_back
from ragstone.features.ingestion.generations.estimate import estimate
from ragstone.features.ingestion.generations.problems import CollectionMoving, ModelInUse, NoPreviousModel
from ragstone.features.jobs.cancel import cancel
from ragstone.features.jobs.job import JobStatus
from ragstone.features.jobs.watch import iter_states
from ragstone.features.operations.doctor.examine import examine
from ragstone.features.operations.doctor.repair import repair
from ragstone.features.search.result import Mode, Notice
from ragstone.kit.scope import Scope
from ragstone.ports.embedder import EmbeddingModelUnknown
from ragstone.ports.embedders import Embedders
from ragstone.ports.runtime import Runtime

WORDS = ["anchor", "bell", "cable", "deck", "engine", "flag", "gale", "hull"]
WORDS += ["island", "jetty", "keel", "lamp", "mast", "net", "oar", "pier"]
TEXTS = tuple(f"the {word} is kept in shed {WORDS[number - 1]}." for number, word in enumerate(WORDS))


@pytest.fixture
async def collection(runtime: Runtime, tenant: Scope) -> Collection:
    """Sixteen documents under `small`."""
    made = await create_collection(runtime.db, runtime.embedder, runtime.clock, tenant, CollectionDraft("c"))
    async with background(runtime, alone=True):
        await write(runtime, tenant, made.id, *TEXTS)
    return made


async def moved(runtime: Runtime, tenant: Scope, collection: Collection, to: str) -> Collection:
    job = await move(runtime, tenant, collection.id, to)
    assert await end_of(runtime, tenant, job.id) is JobStatus.SUCCEEDED
    return await get_collection(runtime.db, tenant, collection.id)


async def found(runtime: Runtime, tenant: Scope, query: str = WORDS[0]) -> set[str]:
    """Texts found by meaning; every chunk that has a vector is, and must be once."""
    outcome = await search(runtime, tenant, query, Mode.DENSE)
    texts = [hit.found.chunk.text for hit in outcome.hits]
    assert len(texts) == len(set(texts))
    assert outcome.notices == ()
    return set(texts)


async def generations(runtime: Runtime) -> dict[str, int]:
    """How many vectors there are of each generation."""
    statement = sa.select(embeddings.c.generation, sa.func.count()).group_by(embeddings.c.generation)
    return {row[0]: row[1] for row in await rows(runtime, statement)}


def of(runtime: Runtime, name: str) -> str:
    return runtime.embedders.named(name).profile.generation


async def test_a_moved_collection_is_searched_under_the_new_model_alone(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    async with background(runtime, alone=True):
        after = await moved(runtime, tenant, collection, "large")
        assert (after.embedding_model, after.generation, after.dimensions) == ("large", of(runtime, "large"), 32)
        assert (after.previous_model, after.next_model, after.generation_job_id) == ("small", None, None)
        assert await found(runtime, tenant) == set(TEXTS)
        assert await generations(runtime) == {of(runtime, "small"): 16, of(runtime, "large"): 16}
    assert await runtime.index.count(after.space) == 16
    assert (await examine(runtime)).is_clean


async def test_going_back_loses_nothing_and_embeds_only_what_came_in_since(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    async with background(runtime, alone=True):
        await moved(runtime, tenant, collection, "large")
        await write(runtime, tenant, collection.id, "the rudder came later.")
        (gone,) = await rows(runtime, sa.select(chunks.c.document_id).where(chunks.c.text == TEXTS[3]))
        await delete_document(runtime, tenant, gone[0])
        await until_purged(runtime)
        job = await roll_back(runtime, tenant, collection.id)
        assert await end_of(runtime, tenant, job.id) is JobStatus.SUCCEEDED
        after = await get_collection(runtime.db, tenant, collection.id)
        assert (after.embedding_model, after.previous_model) == ("small", "large")
        assert await found(runtime, tenant) == {*TEXTS, "the rudder came later."} - {TEXTS[3]}
        assert await generations(runtime) == {of(runtime, "small"): 16, of(runtime, "large"): 16}
    assert (await examine(runtime)).is_clean


async def test_what_is_kept_for_going_back_goes_when_it_is_dropped(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    async with background(runtime, alone=True):
        await moved(runtime, tenant, collection, "large")
        job = await drop_previous(runtime, tenant, collection.id)
        assert await end_of(runtime, tenant, job.id) is JobStatus.SUCCEEDED
    assert await generations(runtime) == {of(runtime, "large"): 16}
    assert await runtime.index.count(collection.space) == 0
    assert (await examine(runtime)).is_clean
    with pytest.raises(NoPreviousModel):
        await roll_back(runtime, tenant, collection.id)


async def test_vectors_another_collection_needs_are_kept(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    sibling = await create_collection(runtime.db, runtime.embedder, runtime.clock, tenant, CollectionDraft("d"))
    async with background(runtime, alone=True):
        await write(runtime, tenant, sibling.id, TEXTS[0], TEXTS[1])
        await moved(runtime, tenant, collection, "large")
        job = await drop_previous(runtime, tenant, collection.id)
        assert await end_of(runtime, tenant, job.id) is JobStatus.SUCCEEDED
        assert await generations(runtime) == {of(runtime, "small"): 2, of(runtime, "large"): 16}
        outcome = await search(runtime, tenant, WORDS[0], Mode.DENSE)
        by_collection = [hit.found.collection_id for hit in outcome.hits]
        assert (by_collection.count(collection.id), by_collection.count(sibling.id)) == (16, 2)
    assert (await examine(runtime)).is_clean


async def test_a_second_move_lets_go_of_the_model_before_the_last(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    async with background(runtime, alone=True):
        await moved(runtime, tenant, collection, "large")
        after = await moved(runtime, tenant, collection, "other")
    assert (after.embedding_model, after.previous_model) == ("other", "large")
    assert await generations(runtime) == {of(runtime, "large"): 16, of(runtime, "other"): 16}
    assert await runtime.index.count(collection.space) == 0
    assert (await examine(runtime)).is_clean


async def test_what_is_written_and_deleted_during_a_move_is_right_in_both_generations(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    job = await move(runtime, tenant, collection.id, "large")
    async with background(runtime, alone=True):
        await write(runtime, tenant, collection.id, "the rudder came in between.")
        (gone,) = await rows(runtime, sa.select(chunks.c.document_id).where(chunks.c.text == TEXTS[5]))
        await delete_document(runtime, tenant, gone[0])
        await until_purged(runtime)
        assert await end_of(runtime, tenant, job.id) is JobStatus.SUCCEEDED
        assert await found(runtime, tenant) == {*TEXTS, "the rudder came in between."} - {TEXTS[5]}
    assert (await examine(runtime)).is_clean


@pytest.fixture
async def hammered(runtime: Runtime, tenant: Scope) -> AsyncIterator[list[set[str]]]:
    """Searches by meaning without a pause, and what each of them found."""
    answers: list[set[str]] = []

    async def hammer() -> None:
        while True:
            answers.append(await found(runtime, tenant))

    task = asyncio.create_task(hammer())
    yield answers
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_no_search_fails_or_misses_anything_while_a_collection_moves_forth_and_back(
    runtime: Runtime, tenant: Scope, collection: Collection, hammered: list[set[str]]
) -> None:
    async with background(runtime, alone=True):
        for name in ("large", "small", "other"):
            await moved(runtime, tenant, collection, name)
    assert hammered
    assert all(answer == set(TEXTS) for answer in hammered)


async def test_a_cancelled_move_leaves_nothing_and_can_be_begun_again(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    job = await move(runtime, tenant, collection.id, "large")
    target = get_target(runtime, collection, "large")
    with pytest.raises(CollectionMoving):
        await move(runtime, tenant, collection.id, "other")
    await cancel(runtime.db, runtime.queue, runtime.clock, tenant, job.id)
    async with background(runtime, alone=True):
        assert await end_of(runtime, tenant, job.id) is JobStatus.CANCELLED
        after = await get_collection(runtime.db, tenant, collection.id)
        assert (after.generation, after.next_generation, after.generation_job_id) == (collection.generation, None, None)
        assert target.generation not in await generations(runtime)
        assert (await examine(runtime)).is_clean
        assert (await moved(runtime, tenant, collection, "large")).embedding_model == "large"


async def test_a_publication_that_began_before_the_move_is_written_under_both_models(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    """The move begins between the embedding of a document and its publication, at any moment of it."""
    async with background(runtime, alone=True):
        writing = asyncio.create_task(write(runtime, tenant, collection.id, *(f"{text} again" for text in TEXTS)))
        after = await moved(runtime, tenant, collection, "large")
        await writing
        assert await found(runtime, tenant) == {*TEXTS, *(f"{text} again" for text in TEXTS)}
    assert await runtime.index.count(after.space) == 32
    assert (await examine(runtime)).is_clean


async def test_a_collection_that_is_deleted_while_it_moves_leaves_nothing(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    job = await move(runtime, tenant, collection.id, "large")
    async with background(runtime, alone=True):
        await delete_collection(runtime.db, runtime.clock, tenant, collection.id)
        assert await end_of(runtime, tenant, job.id) is JobStatus.SUCCEEDED
        while await rows(runtime, sa.select(documents.c.id)):
            await until_purged(runtime)
    assert await generations(runtime) == {}
    for space in await runtime.index.list_spaces():
        assert await runtime.index.count(space) == 0


async def test_a_collection_whose_model_is_gone_is_searched_by_words_and_its_documents_wait(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    async with background(runtime, alone=True):
        await moved(runtime, tenant, collection, "large")
    without = replace(runtime, embedders=Embedders(runtime.embedder, {"small": runtime.embedders.named("small")}))
    outcome = await search(without, tenant, WORDS[2], Mode.HYBRID)
    assert outcome.notices == (Notice.MODEL_CHANGED,)
    assert outcome.hits[0].found.chunk.text in {TEXTS[2], TEXTS[3]}, "the words are found"
    async with background(without, alone=True):
        receipt = await ingest(without, tenant, collection.id, [TextDraft("the rudder waits.")])
        waiting = await until_it_waits(without, tenant, receipt.job.id)
    assert waiting["code"] == "embedding_model_missing"
    async with background(runtime, alone=True):
        assert await end_of(runtime, tenant, receipt.job.id) is JobStatus.SUCCEEDED
    assert "the rudder waits." in await found(runtime, tenant)


async def until_it_waits(runtime: Runtime, tenant: Scope, job_id: str) -> Mapping[str, Any]:
    """What a job waits for, once it waits."""
    async for job in iter_states(runtime.db, tenant, job_id):
        if job.last_error is not None:
            return job.last_error
    raise AssertionError("it did not wait")


async def test_an_estimate_tells_what_is_left_to_embed(runtime: Runtime, tenant: Scope, collection: Collection) -> None:
    told = await estimate(runtime, tenant, collection.id, "large")
    assert (told.documents, told.chunks, told.passages_to_embed) == (16, 16, 16)
    assert told.tokens > 16
    assert told.seconds_estimate >= 0
    assert told.cost_estimate == 0
    async with background(runtime, alone=True):
        await moved(runtime, tenant, collection, "large")
    again = await estimate(runtime, tenant, collection.id, "small")
    assert (again.chunks, again.passages_to_embed, again.tokens) == (16, 0, 0)


async def test_a_move_to_what_is_there_or_to_nothing_is_refused(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    with pytest.raises(ModelInUse):
        await move(runtime, tenant, collection.id, "small")
    with pytest.raises(EmbeddingModelUnknown):
        await move(runtime, tenant, collection.id, "huge")
    with pytest.raises(NoPreviousModel):
        await drop_previous(runtime, tenant, collection.id)


async def test_a_move_that_no_job_works_at_is_found_and_stopped(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    target = get_target(runtime, collection, "large")
    async with runtime.db.transaction_across_tenants() as connection:
        assert await generation_store.begin_move(connection, tenant, collection.id, "job_gone", target)
    broken = await examine(runtime)
    assert [finding.kind for finding in broken.findings] == ["move_stuck"]
    assert (await repair(runtime, broken)).is_clean
    after = await get_collection(runtime.db, tenant, collection.id)
    assert (after.next_model, after.generation_job_id) == (None, None)
