"""What an embedder that rejects a text, or does not answer, means to documents and to searches."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from ragstone.bootstrap import build
from ragstone.entry.worker.supervise import background
from ragstone.features.accounts.first_start import ensure_first_administrator
from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.accounts.tables import tenants
from ragstone.features.collections.collection import Collection, CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.intake.draft import TextDraft
from ragstone.features.documents.intake.ingest import ingest
from ragstone.features.documents.list import DocumentQuery, list_documents
from ragstone.features.jobs.watch import iter_states
from ragstone.features.search.find import find
from ragstone.features.search.result import Mode, Notice, SearchRequest
from ragstone.kit.scope import Scope
from ragstone.ports.embedders import Embedders
from ragstone.ports.runtime import Runtime
from ragstone.settings import EmbeddingSettings, Settings
from ragstone.testing.fake_embedder import FakeEmbedder


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder(poison="arsenic")


@pytest.fixture
async def runtime(tmp_path: Path, embedder: FakeEmbedder) -> AsyncIterator[Runtime]:
    settings = Settings(data_dir=tmp_path / "data", embedding=EmbeddingSettings(provider="none"))
    async with build(settings) as built:
        yield replace(built, embedders=Embedders(embedder, {"words": embedder}))


@pytest.fixture
async def tenant(runtime: Runtime) -> Scope:
    await ensure_first_administrator(runtime.db, runtime.clock, runtime.pepper, None)
    async with runtime.db.read_across_tenants() as connection:
        tenant_id = await connection.scalar(sa.select(tenants.c.id))
    return Scope(str(tenant_id), "tester", ALL_PERMISSIONS)


@pytest.fixture
async def collection(runtime: Runtime, tenant: Scope) -> Collection:
    return await create_collection(runtime.db, runtime.embedder, runtime.clock, tenant, CollectionDraft("c"))


async def ingested(runtime: Runtime, tenant: Scope, collection: Collection, *drafts: TextDraft) -> str:
    async with background(runtime, alone=True):
        receipt = await ingest(runtime, tenant, collection.id, drafts)
        return [job.status async for job in iter_states(runtime.db, tenant, receipt.job.id)][-1]


async def test_only_the_document_with_a_rejected_chunk_fails(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    drafts = [TextDraft(text, title=text.split()[0]) for text in ("Rope rots.", "Lime and arsenic burn.", "Tar keeps.")]
    assert await ingested(runtime, tenant, collection, *drafts) == "failed"
    listing = await list_documents(runtime.db, tenant, DocumentQuery())
    status = {document.title: document.status for document in listing.items}
    assert status == {"Rope": DocumentStatus.READY, "Lime": DocumentStatus.FAILED, "Tar": DocumentStatus.READY}
    (failed,) = (document for document in listing.items if document.status is DocumentStatus.FAILED)
    assert failed.error is not None
    assert failed.error["code"] == "passage_rejected"
    assert failed.error["facts"] == {"position": 0, "reason": "it contains arsenic"}


async def test_what_was_embedded_beside_a_rejected_chunk_is_found_by_meaning(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    await ingested(runtime, tenant, collection, TextDraft("Rope rots in rain."), TextDraft("arsenic"))
    outcome = await find(runtime, tenant, SearchRequest("rope rain", mode=Mode.DENSE))
    assert [hit.found.chunk.text for hit in outcome.hits] == ["Rope rots in rain."]


@pytest.mark.parametrize("mode", [Mode.HYBRID, Mode.DENSE])
async def test_a_search_goes_by_words_while_the_embedder_is_down(
    runtime: Runtime, tenant: Scope, collection: Collection, embedder: FakeEmbedder, mode: Mode
) -> None:
    await ingested(runtime, tenant, collection, TextDraft("Rope rots in rain."))
    embedder.is_down = True
    outcome = await find(runtime, tenant, SearchRequest("rope", mode=mode))
    assert [hit.found.chunk.text for hit in outcome.hits] == ["Rope rots in rain."]
    assert outcome.notices == (Notice.EMBEDDER_UNAVAILABLE,)


@pytest.mark.usefixtures("collection")
async def test_a_question_the_model_rejects_is_searched_by_words(runtime: Runtime, tenant: Scope) -> None:
    outcome = await find(runtime, tenant, SearchRequest("arsenic"))
    assert outcome.notices == (Notice.EMBEDDER_UNAVAILABLE,)
