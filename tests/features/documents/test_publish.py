"""Many versions become the ones that answer in one transaction, each as if it had been alone in it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.features.collections.collection import Collection, CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.documents import label_store, store, version_store
from ragstone.features.documents.document import Cause, Document, DocumentStatus, Version
from ragstone.features.documents.intake.draft import Label, Original, TextDraft, first_version, text_document
from ragstone.features.documents.publish_store import Publication, Reading, publish_versions
from ragstone.features.documents.tables import documents
from ragstone.kit.clock import SystemClock
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
async def collection(db: Database, scope: Scope) -> Collection:
    return await create_collection(db, None, SystemClock(), scope, CollectionDraft("c"))


async def receive(db: Database, scope: Scope, collection: Collection, name: str) -> tuple[Document, Version]:
    draft = TextDraft(name, name, label=Label(("t",), {"name": name}))
    document = text_document(scope, collection.id, draft, len(name), NOW)
    version = first_version(document, Original("0" * 64, len(name), "text/plain"), "job")
    async with db.transaction(scope) as connection:
        await store.insert_documents(connection, [(document, version, name.encode())])
    return document, version


async def add(db: Database, scope: Scope, version: Version, number: int) -> Version:
    later = replace(version, id=new_id("ver"), number=number, cause=Cause.UPDATE)
    async with db.transaction(scope) as connection:
        await version_store.insert_versions(connection, scope, [(later, b"later")], NOW)
    return later


def reading(document: Document, version: Version, **found: Any) -> Reading:
    columns: dict[str, Any] = {
        "published_at": NOW,
        "found_title": None,
        "found_metadata": {},
        "n_chars": version.number,
    }
    return Reading(replace(document, language="en"), version, columns | found)


async def publish(db: Database, scope: Scope, *readings: Reading) -> tuple[dict[str, Publication], dict[str, str]]:
    async with db.transaction(scope) as connection:
        active = await version_store.lock_documents(connection, scope, [item.document.id for item in readings])
        published = await publish_versions(connection, scope, readings, active)
    return published.outcomes, published.replaced


async def look(db: Database, scope: Scope, document: Document) -> tuple[Document, list[DocumentStatus]]:
    async with db.read(scope) as connection:
        found = await store.find_document(connection, scope, document.id)
        versions = await store.list_versions(connection, scope, document.id)
    assert found is not None
    return found, [version.status for version in versions]


async def test_each_document_gets_what_was_read_of_it(db: Database, scope: Scope, collection: Collection) -> None:
    received = [await receive(db, scope, collection, f"d{n}") for n in range(5)]
    outcomes, replaced = await publish(db, scope, *(reading(*pair) for pair in received))
    assert set(outcomes.values()) == {Publication.DONE}
    assert replaced == {}
    for document, version in received:
        found, statuses = await look(db, scope, document)
        assert (found.active_version_id, found.status, found.language) == (version.id, DocumentStatus.READY, "en")
        assert (found.title, found.metadata) == (document.title, document.metadata)
        assert statuses == [DocumentStatus.READY]


async def test_of_several_versions_of_one_document_the_newest_answers(
    db: Database, scope: Scope, collection: Collection
) -> None:
    document, first = await receive(db, scope, collection, "d")
    second, third = await add(db, scope, first, 2), await add(db, scope, first, 3)
    outcomes, replaced = await publish(db, scope, reading(document, third), reading(document, first))
    assert set(outcomes.values()) == {Publication.DONE}
    assert replaced == {first.id: document.id}
    outcomes, replaced = await publish(db, scope, reading(document, second))
    assert outcomes == {second.id: Publication.OVERTAKEN}
    assert replaced == {second.id: document.id}
    found, statuses = await look(db, scope, document)
    assert found.active_version_id == third.id
    assert statuses == [DocumentStatus.SUPERSEDED, DocumentStatus.SUPERSEDED, DocumentStatus.READY]


async def test_what_was_given_up_or_deleted_is_left_alone_and_the_others_are_published(
    db: Database, scope: Scope, collection: Collection
) -> None:
    (given_up, first), (deleted, second), (wanted, third) = [
        await receive(db, scope, collection, f"d{n}") for n in range(3)
    ]
    async with db.transaction(scope) as connection:
        await store.set_unread(connection, scope, [first.id], DocumentStatus.CANCELLED, None, NOW)
        await connection.execute(sa.update(documents).where(documents.c.id == deleted.id).values(deleted_at=NOW))
    readings = [reading(given_up, first), reading(deleted, second), reading(wanted, third)]
    outcomes, _ = await publish(db, scope, *readings)
    assert outcomes == {
        first.id: Publication.GIVEN_UP,
        second.id: Publication.GIVEN_UP,
        third.id: Publication.DONE,
    }
    assert (await look(db, scope, given_up))[0].active_version_id is None
    assert (await publish(db, scope, *readings))[0][third.id] is Publication.GIVEN_UP


async def test_a_label_given_after_the_reading_stays(db: Database, scope: Scope, collection: Collection) -> None:
    (changed, first), (other, second) = [await receive(db, scope, collection, f"d{n}") for n in range(2)]
    said = {"title": "Said later", "title_given": True, "given_metadata": {"a": 1}, "updated_at": NOW}
    async with db.transaction(scope) as connection:
        await label_store.update_label(connection, scope, changed.id, said)
    found_there = {"found_title": "Found", "found_metadata": {"a": 0, "b": 2}}
    outcomes, _ = await publish(db, scope, reading(changed, first, **found_there), reading(other, second))
    assert outcomes == {first.id: Publication.RELABELLED, second.id: Publication.DONE}
    found, _ = await look(db, scope, changed)
    assert (found.title, found.metadata) == ("Said later", {"a": 1, "b": 2})
    assert (await look(db, scope, other))[0].title == "d1"


async def test_a_stranger_publishes_nothing_of_ours(
    db: Database, scope: Scope, other_scope: Scope, collection: Collection
) -> None:
    document, version = await receive(db, scope, collection, "d")
    outcomes, _ = await publish(db, other_scope, reading(document, version))
    assert outcomes == {version.id: Publication.GIVEN_UP}
    assert (await look(db, scope, document))[1] == [DocumentStatus.PENDING]


async def test_publishing_nothing_is_nothing(db: Database, scope: Scope) -> None:
    assert await publish(db, scope) == ({}, {})
