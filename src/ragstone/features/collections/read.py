"""Look at collections."""

from collections.abc import Sequence

from ragstone.db.database import Database
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.collections import store
from ragstone.features.collections.collection import Collection, CollectionNotFound
from ragstone.kit.pagination import Page, decode_cursor, encode_cursor
from ragstone.kit.scope import Scope


async def get_collection(db: Database, scope: Scope, collection_id: str) -> Collection:
    """A collection. Raises `CollectionNotFound`."""
    require(scope, Permission.READ)
    async with db.read(scope) as connection:
        collection = await store.find_collection(connection, scope, collection_id)
    if collection is None:
        raise CollectionNotFound(collection_id=collection_id)
    return collection


async def list_collections(db: Database, scope: Scope, *, cursor: str | None, limit: int) -> Page[Collection]:
    """Collections, oldest first."""
    require(scope, Permission.READ)
    after = str(decode_cursor(cursor, 1)[0]) if cursor else None
    async with db.read(scope) as connection:
        found = await store.list_collections(connection, scope, after, limit + 1)
    items = tuple(found[:limit])
    return Page(items, encode_cursor(items[-1].id) if len(found) > limit else None)


async def select_collections(
    db: Database, scope: Scope, collection_ids: Sequence[str] | None
) -> tuple[Collection, ...]:
    """The named collections, or all of them. Raises `CollectionNotFound` for the first that is not there."""
    require(scope, Permission.READ)
    async with db.read(scope) as connection:
        found = {item.id: item for item in await store.list_collections(connection, scope)}
    if collection_ids is None:
        return tuple(found.values())
    for collection_id in collection_ids:
        if collection_id not in found:
            raise CollectionNotFound(collection_id=collection_id)
    return tuple(found[collection_id] for collection_id in dict.fromkeys(collection_ids))
