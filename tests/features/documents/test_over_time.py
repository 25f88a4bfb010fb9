"""What is left of documents over time, with everything real and the work begun when the test says so."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest

from ragstone.bootstrap import build
from ragstone.entry.worker.events import deliver
from ragstone.entry.worker.supervise import EVENT_HANDLERS, background
from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.collections.change import change_collection
from ragstone.features.collections.collection import Collection, CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.documents import read
from ragstone.features.documents.delete import delete_document
from ragstone.features.documents.document import DocumentNotFound, DocumentStatus
from ragstone.features.documents.intake.draft import IncomingFile, Label, TextDraft
from ragstone.features.documents.intake.ingest import ingest
from ragstone.features.documents.intake.update import update_with_file, update_with_text
from ragstone.features.documents.intake.upload import upload
from ragstone.features.documents.versions.merge import MergeOrder, merge
from ragstone.features.documents.versions.reindex import reindex_collection, reindex_document
from ragstone.features.jobs.cancel import cancel
from ragstone.features.jobs.job import JobStatus
from ragstone.features.jobs.read import list_jobs
from ragstone.features.jobs.retry import retry
from ragstone.features.jobs.watch import iter_states
from ragstone.features.operations.doctor.examine import examine
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime
from ragstone.settings import DocumentSettings, EmbeddingSettings, Settings

UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)


async def one(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def files(*contents: bytes) -> AsyncIterator[IncomingFile]:
    for number, content in enumerate(contents):
        yield IncomingFile(f"{number}.md", one(content))


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[Runtime]:
    settings = Settings(
        data_dir=tmp_path / "data",
        embedding=EmbeddingSettings(provider="none"),
        documents=DocumentSettings(kept_versions=1),
    )
    async with build(settings) as runtime:
        yield runtime


@pytest.fixture
def tenant() -> Scope:
    return Scope("ten_test", "tester", ALL_PERMISSIONS)


@pytest.fixture
async def collection(runtime: Runtime, tenant: Scope) -> Collection:
    return await create_collection(runtime.db, None, runtime.clock, tenant, CollectionDraft("c"))


async def work(runtime: Runtime, tenant: Scope) -> None:
    """Do all that is to be done, and deliver every event."""
    async with background(runtime, alone=True):
        while found := (await list_jobs(runtime.db, tenant, statuses=UNFINISHED, limit=1)).items:
            async for _ in iter_states(runtime.db, tenant, found[0].id):
                pass
    while await deliver(runtime, EVENT_HANDLERS):
        pass


async def blob_count(runtime: Runtime) -> int:
    return len([blob async for blob in runtime.blobs.list_blobs()])


async def add_texts(runtime: Runtime, tenant: Scope, collection: Collection, *texts: str) -> list[str]:
    receipt = await ingest(runtime, tenant, collection.id, [TextDraft(text) for text in texts])
    await work(runtime, tenant)
    return [document.id for document in receipt.documents]


async def add_files(runtime: Runtime, tenant: Scope, collection: Collection, *contents: bytes) -> list[str]:
    receipt = await upload(runtime, tenant, collection.id, files(*contents), Label())
    await work(runtime, tenant)
    return [document.id for document in receipt.documents]


async def numbers(runtime: Runtime, tenant: Scope, document_id: str) -> list[int]:
    return [version.number for version in await read.list_versions(runtime.db, tenant, document_id)]


async def test_the_oldest_versions_go_with_their_blobs_and_texts(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    file, text = (
        *await add_files(runtime, tenant, collection, b"# File 1"),
        *await add_texts(runtime, tenant, collection, "Text 1"),
    )
    for number in (2, 3, 4):
        await update_with_file(runtime, tenant, file, IncomingFile("f.md", one(b"# File %d" % number)))
        await update_with_text(runtime, tenant, text, f"Text {number}", "text")
        await work(runtime, tenant)
    assert await numbers(runtime, tenant, file) == await numbers(runtime, tenant, text) == [3, 4]
    assert await blob_count(runtime) == 2
    assert (await examine(runtime)).is_clean


async def test_an_original_outlives_the_version_it_came_with(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    long = "\n\n".join(f"Paragraph {number} of a text that is long enough to be cut." for number in range(80))
    file, text = (
        *await add_files(runtime, tenant, collection, long.encode()),
        *await add_texts(runtime, tenant, collection, long),
    )
    for max_tokens in (40, 60, 80):
        await recut(runtime, tenant, collection, max_tokens)
    for document_id in (file, text):
        assert await numbers(runtime, tenant, document_id) == [3, 4]
        for number in (3, 4):
            version = await read.get_version(runtime.db, tenant, document_id, number)
            pieces = [piece async for piece in read.iter_original(runtime.db, runtime.blobs, tenant, version)]
            assert b"".join(pieces) == long.encode()
    assert await blob_count(runtime) == 1
    assert (await examine(runtime)).is_clean


async def recut(runtime: Runtime, tenant: Scope, collection: Collection, max_tokens: int) -> None:
    chunking = {**asdict(collection.chunking), "max_tokens": max_tokens, "overlap_tokens": 0}
    await change_collection(runtime.db, runtime.clock, tenant, collection.id, {"chunking": chunking})
    await reindex_collection(runtime, tenant, collection.id)
    await work(runtime, tenant)


async def test_a_blob_goes_when_neither_the_source_nor_the_merged_document_needs_it(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    sources = await add_files(runtime, tenant, collection, b"# One", b"# Two")
    receipt = await merge(runtime, tenant, MergeOrder(tuple(sources), "Both"))
    await work(runtime, tenant)
    for source in sources:
        with pytest.raises(DocumentNotFound):
            await read.get_document(runtime.db, tenant, source)
    assert await blob_count(runtime) == 2
    assert (await examine(runtime)).is_clean
    await delete_document(runtime, tenant, receipt.document.id)
    await work(runtime, tenant)
    assert await blob_count(runtime) == 0
    assert (await examine(runtime)).is_clean


async def test_a_source_that_is_updated_before_the_merge_is_done_stays_and_the_merge_fails(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    sources = await add_texts(runtime, tenant, collection, "One", "Two")
    receipt = await merge(runtime, tenant, MergeOrder(tuple(sources), "Both"))
    await update_with_text(runtime, tenant, sources[1], "Two, changed", "text")
    await work(runtime, tenant)
    document = await read.get_document(runtime.db, tenant, receipt.document.id)
    assert (document.status, (document.error or {})["code"]) == (DocumentStatus.FAILED, "merge_source_changed")
    assert [await read.read_text(runtime.db, tenant, source) for source in sources] == [b"One", b"Two, changed"]
    assert (await examine(runtime)).is_clean


async def test_a_merged_document_that_is_deleted_before_it_is_read_leaves_its_sources(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    sources = await add_texts(runtime, tenant, collection, "One", "Two")
    receipt = await merge(runtime, tenant, MergeOrder(tuple(sources), "Both"))
    await delete_document(runtime, tenant, receipt.document.id)
    await work(runtime, tenant)
    assert [await read.read_text(runtime.db, tenant, source) for source in sources] == [b"One", b"Two"]
    assert (await examine(runtime)).is_clean


async def test_an_older_version_that_is_read_later_does_not_take_the_place_of_a_newer(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    (document_id,) = await add_texts(runtime, tenant, collection, "One")
    older = await update_with_text(runtime, tenant, document_id, "Two", "text")
    assert older.job is not None
    await cancel(runtime.db, runtime.queue, runtime.clock, tenant, older.job.id)
    newer = await update_with_text(runtime, tenant, document_id, "Three", "text")
    await work(runtime, tenant)
    await retry(runtime.db, runtime.queue, runtime.clock, tenant, older.job.id)
    await work(runtime, tenant)
    document = await read.get_document(runtime.db, tenant, document_id)
    assert document.active_version_id == newer.version.id
    overtaken = await read.get_version(runtime.db, tenant, document_id, older.version.number)
    assert (overtaken.status, overtaken.published_at) == (DocumentStatus.SUPERSEDED, None)
    assert (await examine(runtime)).is_clean


async def test_a_reindex_takes_any_number_of_documents_and_skips_what_is_about_to_be_read(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    ids = await add_texts(runtime, tenant, collection, *(f"Number {number}." for number in range(230)))
    await reindex_collection(runtime, tenant, collection.id)
    again = await reindex_collection(runtime, tenant, collection.id)
    await update_with_text(runtime, tenant, ids[5], "Changed.", "text")
    await reindex_document(runtime, tenant, ids[6])
    await work(runtime, tenant)
    page = await list_jobs(runtime.db, tenant, limit=100)
    reindexing = [job for job in page.items if job.id == again.id]
    assert [(job.status, job.done, job.total) for job in reindexing] == [(JobStatus.SUCCEEDED, 230, 230)]
    assert len([job for job in page.items if job.kind == again.kind]) == 2, "one that waits does for two requests"
    assert await numbers(runtime, tenant, ids[5]) == [1, 2]
    assert (await examine(runtime)).is_clean
