"""Documents in the store: received, listed, read back, given up, hidden."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ragstone.db.database import Database
from ragstone.features.collections.collection import Collection, CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.documents import chunk_store, purge_store, read, store, version_store
from ragstone.features.documents.document import (
    Document,
    DocumentNotFound,
    DocumentNotReady,
    DocumentStatus,
    RangeInvalid,
    Version,
)
from ragstone.features.documents.intake.draft import Label, Original, TextDraft, first_version, text_document
from ragstone.features.documents.list import DocumentQuery, Sort, list_documents
from ragstone.features.documents.passage import passage_sha256
from ragstone.features.documents.publish_store import Publication, Reading, publish_versions
from ragstone.features.jobs.store import list_running
from ragstone.kit.clock import SystemClock
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope

NOW = datetime(2026, 3, 1, tzinfo=UTC)
JOB = "job_test"


@pytest.fixture
async def collection(db: Database, scope: Scope) -> Collection:
    return await create_collection(db, None, SystemClock(), scope, CollectionDraft("c"))


async def receive(
    db: Database, scope: Scope, collection: Collection, text: str, label: Label | None = None, **changes: object
) -> tuple[Document, Version]:
    content = text.encode()
    draft = TextDraft(text, label=label or Label())
    made = text_document(scope, collection.id, draft, len(content), NOW)
    document = replace(made, **changes)  # type: ignore[arg-type]  # Any field, by name.
    version = first_version(document, Original(hashlib.sha256(content).hexdigest(), len(content)), JOB)
    async with db.transaction(scope) as connection:
        await store.insert_documents(connection, [(document, version, content)])
    return document, version


async def publish(db: Database, scope: Scope, version: Version, text: str) -> bool:
    content = text.encode()
    facts = {
        "text_sha256": hashlib.sha256(content).hexdigest(),
        "n_bytes": len(content),
        "n_chars": len(text),
        "n_chunks": 1,
        "published_at": NOW,
    }
    row = {
        "id": new_id("chk"),
        "version_id": version.id,
        "document_id": version.document_id,
        "ordinal": 0,
        "start_byte": 0,
        "end_byte": len(content),
        "start_char": 0,
        "end_char": len(text),
        "page_start": None,
        "page_end": None,
        "headings": ["H"],
        "n_tokens": 3,
        "text": text,
        "passage_sha256": passage_sha256("", text),
    }
    async with db.transaction(scope) as connection:
        document = await store.find_document(connection, scope, version.document_id)
        if document is None:
            return False
        active = await version_store.lock_documents(connection, scope, [document.id])
        ended = await publish_versions(connection, scope, [Reading(document, version, facts)], active)
        published = ended.outcomes[version.id] is Publication.DONE
        if published:
            await chunk_store.write_content(connection, scope, {version.id: content}, [row])
    return published


async def test_a_document_without_published_text_has_none_to_show(
    db: Database, scope: Scope, collection: Collection
) -> None:
    document, _ = await receive(db, scope, collection, "text")
    assert (await read.get_document(db, scope, document.id)).status is DocumentStatus.PENDING
    with pytest.raises(DocumentNotReady):
        await read.read_text(db, scope, document.id)


async def test_text_is_read_back_by_bytes_and_never_cut_inside_a_character(
    db: Database, scope: Scope, collection: Collection
) -> None:
    text = "aé漢 سلام"
    document, version = await receive(db, scope, collection, text)
    assert await publish(db, scope, version, text)
    assert await read.read_text(db, scope, document.id) == text.encode()
    assert await read.read_text(db, scope, document.id, 1, 3) == "é".encode()
    assert await read.read_text(db, scope, document.id, 3, 3) == b""
    for start, end in [(0, 2), (2, 3), (3, 100), (5, 4)]:
        with pytest.raises(RangeInvalid):
            await read.read_text(db, scope, document.id, start, end)


async def test_a_version_is_published_once(db: Database, scope: Scope, collection: Collection) -> None:
    document, version = await receive(db, scope, collection, "text")
    assert await publish(db, scope, version, "text")
    assert not await publish(db, scope, version, "text")
    found = await read.get_document(db, scope, document.id)
    assert (found.status, found.active_version_id) == (DocumentStatus.READY, version.id)


async def test_a_given_up_version_tells_why_and_can_be_taken_up_again(
    db: Database, scope: Scope, collection: Collection
) -> None:
    document, version = await receive(db, scope, collection, "text")
    error = {"code": "document_corrupt", "kind": "invalid", "facts": {}}
    async with db.transaction(scope) as connection:
        await store.set_unread(connection, scope, [version.id], DocumentStatus.FAILED, error, NOW)
    failed = await read.get_document(db, scope, document.id)
    assert (failed.status, failed.error) == (DocumentStatus.FAILED, error)
    async with db.transaction(scope) as connection:
        ids = await store.list_version_ids(connection, scope, JOB, [DocumentStatus.FAILED])
        await store.set_unread(connection, scope, ids, DocumentStatus.PENDING, None, NOW)
        assert [v.id for _, v in await store.list_pending(connection, scope, JOB, None, 10)] == [version.id]
        assert await store.count_by_status(connection, scope, JOB) == {DocumentStatus.PENDING: 1}


async def test_a_hidden_document_is_gone_for_readers_and_its_unread_version_is_given_up(
    db: Database, scope: Scope, collection: Collection
) -> None:
    document, version = await receive(db, scope, collection, "text")
    async with db.transaction(scope) as connection:
        assert await purge_store.hide_document(connection, scope, document.id, NOW) == collection.id
        assert await purge_store.hide_document(connection, scope, document.id, NOW) is None
    with pytest.raises(DocumentNotFound):
        await read.get_document(db, scope, document.id)
    assert not await publish(db, scope, version, "text")
    async with db.transaction(scope) as connection:
        (hidden,) = await purge_store.list_hidden(connection, scope, collection.id, 10)
        assert hidden.interrupted_job_ids == (JOB,)
        assert await list_running(connection, scope, hidden.interrupted_job_ids) == []
        await purge_store.drop_documents(connection, scope, [document.id])
        assert await purge_store.list_hidden(connection, scope, collection.id, 10) == []
        assert await store.find_version(connection, scope, version.id) is None


async def test_hits_of_inactive_versions_and_hidden_documents_fall_out(
    db: Database, scope: Scope, other_scope: Scope, collection: Collection
) -> None:
    document, version = await receive(db, scope, collection, "text")
    await publish(db, scope, version, "text")
    page = await read.list_chunks(db, scope, document.id, cursor=None, limit=10)
    (chunk,) = page.items
    async with db.transaction(scope) as connection:
        found = await chunk_store.hydrate(connection, scope, [chunk.id, "unknown"])
        assert [(item.chunk.text, item.version) for item in found.values()] == [("text", 1)]
        assert await chunk_store.hydrate(connection, other_scope, [chunk.id]) == {}
        await purge_store.hide_document(connection, scope, document.id, NOW)
        assert await chunk_store.hydrate(connection, scope, [chunk.id]) == {}


async def test_another_tenants_document_does_not_exist(
    db: Database, scope: Scope, other_scope: Scope, collection: Collection
) -> None:
    document, version = await receive(db, scope, collection, "text")
    await publish(db, scope, version, "text")
    with pytest.raises(DocumentNotFound):
        await read.get_document(db, other_scope, document.id)
    with pytest.raises(DocumentNotFound):
        await read.read_text(db, other_scope, document.id)
    assert (await list_documents(db, other_scope, DocumentQuery())).items == ()
    async with db.transaction(scope) as connection:
        assert await chunk_store.find_text_slice(connection, other_scope, version.id, 0, 4) is None
        assert await store.find_source(connection, other_scope, version.id) is None
        assert await store.find_version(connection, other_scope, version.id) is None
        assert await purge_store.hide_document(connection, other_scope, document.id, NOW) is None
        assert await store.list_pending(connection, other_scope, JOB, None, 10) == []


@pytest.fixture
async def shelf(db: Database, scope: Scope, collection: Collection) -> list[Document]:
    """Four documents that differ in everything a list can be asked for."""
    rows = []
    for number, (name, tags, metadata) in enumerate(
        [
            ("b.txt", ("x",), {"year": 2025}),
            ("a.txt", ("x", "y"), {"year": "2025"}),
            (None, (), {"unit": "القسم"}),
            ("c.txt", ("é",), {}),
        ]
    ):
        changes = {"filename": name, "created_at": NOW + timedelta(days=number), "external_id": f"e{number}"}
        label = Label(tags, metadata)  # type: ignore[arg-type]  # The table above has no lists.
        document, _ = await receive(db, scope, collection, "t" * (10 - number), label, **changes)
        rows.append(document)
        await asyncio.sleep(0.002)  # Ids made in one millisecond have no order.
    return rows


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (DocumentQuery(), [3, 2, 1, 0]),
        (DocumentQuery(sort=Sort.CREATED), [0, 1, 2, 3]),
        (DocumentQuery(sort=Sort.FILENAME), [2, 1, 0, 3]),
        (DocumentQuery(sort=Sort.FILENAME_DOWN), [3, 0, 1, 2]),
        (DocumentQuery(sort=Sort.SIZE), [3, 2, 1, 0]),
        (DocumentQuery(tag="x"), [1, 0]),
        (DocumentQuery(tag="é"), [3]),
        (DocumentQuery(metadata={"year": "2025"}), [1, 0]),
        (DocumentQuery(metadata={"unit": "القسم"}), [2]),
        (DocumentQuery(metadata={"none": ""}), []),
        (DocumentQuery(filename="a.txt"), [1]),
        (DocumentQuery(external_id="e2"), [2]),
        (DocumentQuery(status=DocumentStatus.READY), []),
        (DocumentQuery(type="text/plain", tag="y"), [1]),
        (DocumentQuery(created_from=NOW + timedelta(days=1), created_to=NOW + timedelta(days=3)), [2, 1]),
        (DocumentQuery(size_from=8, size_to=10), [2, 1]),
        (DocumentQuery(collection_id="col_none"), []),
    ],
)
async def test_documents_are_filtered_and_sorted(
    db: Database, scope: Scope, shelf: list[Document], query: DocumentQuery, expected: list[int]
) -> None:
    found = await list_documents(db, scope, query)
    assert [item.id for item in found.items] == [shelf[number].id for number in expected]


@pytest.mark.parametrize("sort", list(Sort))
async def test_every_page_order_reaches_every_document_once(
    db: Database, scope: Scope, shelf: list[Document], sort: Sort
) -> None:
    whole = [item.id for item in (await list_documents(db, scope, DocumentQuery(sort=sort))).items]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await list_documents(db, scope, DocumentQuery(sort=sort, limit=1, cursor=cursor))
        seen += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == whole
    assert len(seen) == len(shelf)


async def test_paging_by_number_tells_the_total(db: Database, scope: Scope, shelf: list[Document]) -> None:
    page = await list_documents(db, scope, DocumentQuery(limit=3, offset=3))
    assert ([item.id for item in page.items], page.total) == ([shelf[0].id], 4)
