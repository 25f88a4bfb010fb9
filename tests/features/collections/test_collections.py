"""Collections on both databases."""

import asyncio

import pytest

from ragstone.db import outbox
from ragstone.db.database import Database
from ragstone.features.accounts.permissions import PermissionMissing
from ragstone.features.collections import change, create, delete, read
from ragstone.features.collections.collection import (
    DEFAULT_NAME,
    Chunking,
    Collection,
    CollectionDraft,
    CollectionNameTaken,
    CollectionNotFound,
    Retrieval,
)
from ragstone.kit.clock import SystemClock
from ragstone.kit.scope import Scope

CLOCK = SystemClock()


async def make(db: Database, scope: Scope, name: str = "handbook") -> Collection:
    draft = CollectionDraft(name, "about", "en", Chunking("structure", 100, 10), Retrieval("rrf", 20))
    return await create.create_collection(db, None, CLOCK, scope, draft)


async def test_a_collection_comes_back_as_it_was_made(db: Database, scope: Scope) -> None:
    made = await make(db, scope)
    assert await read.get_collection(db, scope, made.id) == made
    assert (made.chunking.max_tokens, made.retrieval.fusion, made.dimensions) == (100, "rrf", 0)


async def test_a_name_is_taken_within_a_tenant_and_free_again_after_deletion(
    db: Database, scope: Scope, other_scope: Scope
) -> None:
    made = await make(db, scope)
    with pytest.raises(CollectionNameTaken):
        await make(db, scope)
    await make(db, other_scope)
    await delete.delete_collection(db, CLOCK, scope, made.id)
    assert (await make(db, scope)).id != made.id


async def test_changing_the_name_to_a_taken_one_is_refused(db: Database, scope: Scope) -> None:
    await make(db, scope, "one")
    two = await make(db, scope, "two")
    with pytest.raises(CollectionNameTaken):
        await change.change_collection(db, CLOCK, scope, two.id, {"name": "one"})
    renamed = await change.change_collection(db, CLOCK, scope, two.id, {"name": "three", "description": ""})
    assert (renamed.name, renamed.description, renamed.language) == ("three", "", "en")


async def test_a_deleted_collection_is_gone_at_once_and_the_news_is_written_with_it(db: Database, scope: Scope) -> None:
    made = await make(db, scope)
    await delete.delete_collection(db, CLOCK, scope, made.id)
    with pytest.raises(CollectionNotFound):
        await read.get_collection(db, scope, made.id)
    with pytest.raises(CollectionNotFound):
        await delete.delete_collection(db, CLOCK, scope, made.id)
    async with db.read(scope) as connection:
        (event,) = await outbox.list_undelivered(connection, 10)
    assert (event.topic, event.tenant_id, event.payload) == (
        "collection.deleted",
        scope.tenant_id,
        {"collection_id": made.id},
    )


async def test_another_tenants_collection_does_not_exist(db: Database, scope: Scope, other_scope: Scope) -> None:
    made = await make(db, scope)
    with pytest.raises(CollectionNotFound):
        await read.get_collection(db, other_scope, made.id)
    with pytest.raises(CollectionNotFound):
        await change.change_collection(db, CLOCK, other_scope, made.id, {"name": "mine"})
    with pytest.raises(CollectionNotFound):
        await delete.delete_collection(db, CLOCK, other_scope, made.id)
    with pytest.raises(CollectionNotFound):
        await read.select_collections(db, other_scope, [made.id])
    assert await read.select_collections(db, other_scope, None) == ()
    assert (await read.list_collections(db, other_scope, cursor=None, limit=10)).items == ()


async def test_collections_are_listed_page_by_page(db: Database, scope: Scope) -> None:
    made = []
    for number in range(5):
        made.append((await make(db, scope, f"c{number}")).id)
        await asyncio.sleep(0.002)  # Ids made in one millisecond have no order.
    first = await read.list_collections(db, scope, cursor=None, limit=3)
    rest = await read.list_collections(db, scope, cursor=first.next_cursor, limit=3)
    assert [item.id for item in (*first.items, *rest.items)] == made
    assert rest.next_cursor is None


async def test_the_default_collection_is_made_once_by_whoever_comes_first(db: Database, scope: Scope) -> None:
    found = await asyncio.gather(*(create.get_or_create_default(db, None, CLOCK, scope) for _ in range(5)))
    assert {item.id for item in found} == {found[0].id}
    assert found[0].name == DEFAULT_NAME


async def test_who_may_only_read_changes_nothing(db: Database, scope: Scope) -> None:
    made = await make(db, scope)
    reader = Scope(scope.tenant_id, "reader", frozenset({"read"}))
    assert await read.get_collection(db, reader, made.id) == made
    with pytest.raises(PermissionMissing):
        await make(db, reader, "another")
    with pytest.raises(PermissionMissing):
        await delete.delete_collection(db, CLOCK, reader, made.id)
