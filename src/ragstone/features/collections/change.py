"""Change what a collection is called and how it is searched."""

from typing import Any

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.collections import store
from ragstone.features.collections.collection import Collection, CollectionNotFound
from ragstone.features.collections.read import get_collection
from ragstone.kit.clock import Clock
from ragstone.kit.scope import Scope


async def change_collection(
    db: Database, clock: Clock, scope: Scope, collection_id: str, values: dict[str, Any]
) -> Collection:
    """Set some fields; new chunking holds for documents ingested from now on, and for others once they are re-indexed.

    Raises `CollectionNotFound`, `CollectionNameTaken`.
    """
    require(scope, Permission.WRITE)
    now = clock.now()
    async with db.transaction(scope) as connection:
        if not await store.update_collection(connection, scope, collection_id, **values, updated_at=now):
            raise CollectionNotFound(collection_id=collection_id)
        deed = Deed("change_collection", (collection_id,), detail={"fields": sorted(values)})
        await note(connection, scope, deed, now)
    return await get_collection(db, scope, collection_id)
