"""Texts with an external id are the same document however often, and from wherever, they are sent."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.features.collections.collection import Collection, CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.documents import external_store, store, version_store
from ragstone.features.documents.document import Document, DocumentStatus, Version
from ragstone.features.documents.intake.accept import Accepted, Counts, accept
from ragstone.features.documents.intake.discard import discard_held
from ragstone.features.documents.intake.draft import Label, TextDraft
from ragstone.features.documents.publish_store import Publication, Reading, publish_versions
from ragstone.features.documents.tables import documents
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.features.jobs.job import HELD_FLAG, Job
from ragstone.features.jobs.store import find_job
from ragstone.kit.clock import SystemClock
from ragstone.kit.scope import Scope

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIRST = TextDraft("The first.", external_id="1", label=Label(("t",), {"amount": 1.5}))


@pytest.fixture
async def collection(db: Database, scope: Scope) -> Collection:
    return await create_collection(db, None, SystemClock(), scope, CollectionDraft("c"))


async def queued(db: Database, scope: Scope, *, held: bool = False) -> Job:
    async with db.transaction(scope) as connection:
        return await enqueue(
            connection, scope, NewJob("documents.ingest", {HELD_FLAG: True} if held else {}, collection_id=None), NOW
        )


async def send(
    db: Database, scope: Scope, collection: Collection, *drafts: TextDraft, job: Job | None = None
) -> Accepted:
    under = job or await queued(db, scope)
    async with db.transaction(scope) as connection:
        return await accept(connection, scope, collection, under, drafts, NOW)


async def newest(db: Database, scope: Scope, document_id: str) -> tuple[Document, list[Version]]:
    async with db.read(scope) as connection:
        document = await store.find_document(connection, scope, document_id)
        assert document is not None
        return document, list(await store.list_versions(connection, scope, document_id))


async def publish(db: Database, scope: Scope, version: Version) -> Publication:
    async with db.transaction(scope) as connection:
        document = await store.find_document(connection, scope, version.document_id)
        assert document is not None
        found: dict[str, object] = {"published_at": NOW, "found_title": None, "found_metadata": {}}
        active = await version_store.lock_documents(connection, scope, [document.id])
        published = await publish_versions(connection, scope, [Reading(document, version, found)], active)
        return published.outcomes[version.id]


async def test_what_says_the_same_changes_nothing(db: Database, scope: Scope, collection: Collection) -> None:
    first = await send(db, scope, collection, FIRST)
    again = await send(db, scope, collection, replace(FIRST, label=Label(("t",), {"amount": 1.5})))
    assert (first.counts, again.counts) == (Counts(created=1), Counts(unchanged=1))
    assert first.document_ids == again.document_ids
    _, versions = await newest(db, scope, first.document_ids[0])
    assert [version.number for version in versions] == [1]


@pytest.mark.parametrize(
    "other",
    [
        replace(FIRST, text="Another text."),
        replace(FIRST, title="A title"),
        replace(FIRST, label=Label(("t",), {"amount": 2.5})),
        replace(FIRST, label=Label((), {"amount": 1.5})),
        replace(FIRST, language="fr"),
        replace(FIRST, source_type="markdown"),
    ],
)
async def test_what_says_something_else_is_the_next_version(
    db: Database, scope: Scope, collection: Collection, other: TextDraft
) -> None:
    (document_id,) = (await send(db, scope, collection, FIRST)).document_ids
    _, (first,) = await newest(db, scope, document_id)
    assert await publish(db, scope, first) is Publication.DONE
    changed = await send(db, scope, collection, other)
    assert changed == Accepted((document_id,), Counts(updated=1), len(other.text.encode()))
    document, (first, second) = await newest(db, scope, document_id)
    assert (document.status, document.active_version_id) == (DocumentStatus.READY, first.id)
    assert (second.number, second.status, second.language) == (2, DocumentStatus.PENDING, other.language)
    assert (document.tags, document.metadata) == (other.label.tags, other.label.metadata)
    assert await publish(db, scope, second) is Publication.DONE
    assert (await send(db, scope, collection, other)).counts == Counts(unchanged=1)
    assert (await send(db, scope, collection, FIRST)).counts == Counts(updated=1)


async def test_a_version_that_was_overtaken_is_never_published(
    db: Database, scope: Scope, collection: Collection
) -> None:
    (document_id,) = (await send(db, scope, collection, FIRST)).document_ids
    _, (overtaken,) = await newest(db, scope, document_id)
    await send(db, scope, collection, replace(FIRST, text="Newer."))
    assert await publish(db, scope, overtaken) is Publication.GIVEN_UP
    document, (first, second) = await newest(db, scope, document_id)
    assert (first.status, second.status) == (DocumentStatus.SUPERSEDED, DocumentStatus.PENDING)
    assert (document.status, document.active_version_id) == (DocumentStatus.PENDING, None)


async def test_content_that_came_otherwise_is_replaced_by_the_record_that_is_sent_again(
    db: Database, scope: Scope, collection: Collection
) -> None:
    (document_id,) = (await send(db, scope, collection, FIRST)).document_ids
    async with db.transaction(scope) as connection:
        await version_store.forget_error(connection, scope, document_id, NOW)  # As whoever hands in content does.
    assert (await send(db, scope, collection, FIRST)).counts == Counts(updated=1)


async def test_of_two_in_one_stream_the_last_counts(db: Database, scope: Scope, collection: Collection) -> None:
    drafts = [FIRST, TextDraft("No id."), replace(FIRST, text="Later."), TextDraft("No id.")]
    accepted = await send(db, scope, collection, *drafts)
    assert accepted.counts == Counts(created=3, unchanged=1)
    assert len(set(accepted.document_ids)) == 3
    async with db.read(scope) as connection:
        _, versions = await newest(db, scope, accepted.document_ids[0])
        assert await store.find_source(connection, scope, versions[-1].id) == b"Later."


async def test_a_record_whose_version_was_given_up_is_read_when_it_is_sent_again(
    db: Database, scope: Scope, collection: Collection
) -> None:
    (document_id,) = (await send(db, scope, collection, FIRST)).document_ids
    _, (version,) = await newest(db, scope, document_id)
    async with db.transaction(scope) as connection:
        await store.set_unread(connection, scope, [version.id], DocumentStatus.FAILED, {"code": "x"}, NOW)
    assert (await send(db, scope, collection, FIRST)).counts == Counts(updated=1)
    document, versions = await newest(db, scope, document_id)
    assert (document.status, document.error, len(versions)) == (DocumentStatus.PENDING, None, 2)


async def test_one_identifier_in_two_collections_or_tenants_names_different_documents(
    db: Database, scope: Scope, other_scope: Scope, collection: Collection
) -> None:
    other = await create_collection(db, None, SystemClock(), scope, CollectionDraft("other"))
    foreign = await create_collection(db, None, SystemClock(), other_scope, CollectionDraft("c"))
    made = [
        (await send(db, scope, collection, FIRST)).document_ids[0],
        (await send(db, scope, other, FIRST)).document_ids[0],
        (await send(db, other_scope, foreign, FIRST)).document_ids[0],
    ]
    assert len(set(made)) == 3


async def test_a_stranger_who_names_our_collection_sees_none_of_its_documents(
    db: Database, scope: Scope, other_scope: Scope, collection: Collection
) -> None:
    await send(db, scope, collection, FIRST)
    async with db.read(scope) as connection:
        assert await external_store.find_known(connection, other_scope, collection.id, ["1"]) == {}
        assert await external_store.count_versions(connection, other_scope, "job") == 0


async def test_a_deleted_document_makes_room_for_its_record(db: Database, scope: Scope, collection: Collection) -> None:
    (document_id,) = (await send(db, scope, collection, FIRST)).document_ids
    async with db.transaction(scope) as connection:
        await connection.execute(sa.update(documents).where(documents.c.id == document_id).values(deleted_at=NOW))
    again = await send(db, scope, collection, FIRST)
    assert again.counts == Counts(created=1)
    assert again.document_ids != (document_id,)


async def test_two_who_send_the_same_at_once_make_one_document(
    db: Database, scope: Scope, collection: Collection
) -> None:
    drafts = [TextDraft(f"Record {n}.", external_id=str(n)) for n in range(20)]
    answers = await asyncio.gather(send(db, scope, collection, *drafts), send(db, scope, collection, *reversed(drafts)))
    assert set(answers[0].document_ids) == set(answers[1].document_ids)
    assert sorted(answer.counts.created for answer in answers) == [0, 20]


async def test_a_stream_that_breaks_off_keeps_what_has_an_identifier(
    db: Database, scope: Scope, collection: Collection
) -> None:
    job = await queued(db, scope, held=True)
    accepted = await send(db, scope, collection, FIRST, TextDraft("No id."), job=job)
    assert await discard_held(db, SystemClock(), scope, job.id) == 1
    async with db.read(scope) as connection:
        left = await store.list_documents_by_id(connection, scope, accepted.document_ids)
        released = await find_job(connection, scope, job.id)
    assert [document.external_id for document in left.values()] == ["1"]
    assert released is not None
    assert (released.total, released.payload) == (1, {})
    assert (await send(db, scope, collection, FIRST)).counts == Counts(unchanged=1)


async def test_a_stream_that_breaks_off_with_nothing_to_keep_leaves_nothing(
    db: Database, scope: Scope, collection: Collection
) -> None:
    (kept,) = (await send(db, scope, collection, FIRST)).document_ids
    job = await queued(db, scope, held=True)
    await send(db, scope, collection, FIRST, TextDraft("No id."), job=job)
    assert await discard_held(db, SystemClock(), scope, job.id) == 0
    async with db.read(scope) as connection:
        assert await find_job(connection, scope, job.id) is None
        assert await store.find_document(connection, scope, kept) is not None
