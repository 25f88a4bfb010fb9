"""Vectors: one for each passage of a tenant, kept as long as a chunk says it, found again when lost."""

from typing import Final

import sqlalchemy as sa
from tests.features.ingestion.steps import rows, until_purged, write

from ragstone.entry.worker.supervise import background
from ragstone.features.documents.delete import delete_document
from ragstone.features.documents.embedding_store import add_vectors
from ragstone.features.documents.passage import passage_sha256
from ragstone.features.documents.tables import chunks, embedding_usage, embeddings, versions
from ragstone.features.operations.doctor.examine import examine
from ragstone.features.operations.doctor.findings import FindingKind
from ragstone.features.operations.doctor.repair import repair
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

WINCH: Final = "the winch is oiled every monday."
LAMP: Final = "the lamp is lit at dusk."
ARABIC: Final = "\u064a\u0636\u0627\u0621 \u0627\u0644\u0645\u0635\u0628\u0627\u062d"

USAGE: Final = sa.select(embedding_usage.c.n_texts, embedding_usage.c.n_cached)


async def known(runtime: Runtime) -> set[str]:
    return {row[0] for row in await rows(runtime, sa.select(embeddings.c.passage_sha256))}


async def test_equal_passages_of_a_tenant_are_embedded_once(runtime: Runtime, tenant: Scope) -> None:
    async with background(runtime, alone=True):
        await write(runtime, tenant, None, WINCH, WINCH)
        await write(runtime, tenant, None, WINCH, LAMP)
    assert await known(runtime) == {passage_sha256("Note", WINCH), passage_sha256("Note", LAMP)}
    assert len(await rows(runtime, sa.select(chunks.c.id))) == 4
    assert await rows(runtime, USAGE) == [(3, 1)], "each batch asks once for each passage; one was known"
    assert (await examine(runtime)).is_clean


async def test_a_passage_under_another_title_is_another_passage(runtime: Runtime, tenant: Scope) -> None:
    async with background(runtime, alone=True):
        await write(runtime, tenant, None, WINCH, title="Monday")
        await write(runtime, tenant, None, WINCH, title="Tuesday")
    assert len(await known(runtime)) == 2
    assert await rows(runtime, USAGE) == [(2, 0)]
    titles = await rows(runtime, sa.select(versions.c.passage_title).order_by(versions.c.passage_title))
    assert titles == [("Monday",), ("Tuesday",)]


async def test_a_passage_in_a_language_the_model_does_not_know_is_not_asked_about_again(
    runtime: Runtime, tenant: Scope
) -> None:
    async with background(runtime, alone=True):
        await write(runtime, tenant, None, ARABIC)
        await write(runtime, tenant, None, ARABIC)
    assert await rows(runtime, sa.select(embeddings.c.vector)) == [(None,)]
    assert await rows(runtime, USAGE) == [(2, 1)]
    assert (await examine(runtime)).is_clean


async def test_a_deleted_document_leaves_no_vector_unless_another_says_the_same(
    runtime: Runtime, tenant: Scope
) -> None:
    async with background(runtime, alone=True):
        await write(runtime, tenant, None, WINCH, WINCH, LAMP)
        stored = await rows(runtime, sa.select(chunks.c.text, chunks.c.document_id))
        winch, winch_again = (document_id for text, document_id in stored if text == WINCH)
        (lamp,) = (document_id for text, document_id in stored if text == LAMP)
        for document_id in (winch, lamp):
            await delete_document(runtime, tenant, document_id)
        await until_purged(runtime)
        assert await known(runtime) == {passage_sha256("Note", WINCH)}
        await delete_document(runtime, tenant, winch_again)
        await until_purged(runtime)
    assert await known(runtime) == set()


async def test_lost_vectors_are_made_again_and_those_nobody_needs_are_dropped(runtime: Runtime, tenant: Scope) -> None:
    assert runtime.embedder is not None
    generation = runtime.embedder.profile.generation
    async with background(runtime, alone=True):
        await write(runtime, tenant, None, WINCH, LAMP)
    before = await rows(runtime, sa.select(embeddings.c.passage_sha256, embeddings.c.vector))
    async with runtime.db.transaction_across_tenants() as connection:
        lost = embeddings.c.passage_sha256 == passage_sha256("Note", WINCH)
        await connection.execute(sa.delete(embeddings).where(lost))
        await add_vectors(connection, tenant, generation, {"f" * 64: None})
        await add_vectors(connection, tenant, "gen_gone", {passage_sha256("Note", LAMP): None})
    broken = await examine(runtime)
    assert broken.by_kind() == {FindingKind.EMBEDDING_MISSING: 1, FindingKind.EMBEDDING_ORPHANED: 2}
    assert (await repair(runtime, broken)).is_clean
    assert sorted(await rows(runtime, sa.select(embeddings.c.passage_sha256, embeddings.c.vector))) == sorted(before)
