"""Delete a collection."""

from ragstone.db import outbox
from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.collections import store
from ragstone.features.collections.collection import CollectionNotFound
from ragstone.kit.clock import Clock
from ragstone.kit.scope import Scope

COLLECTION_DELETED = "collection.deleted"


async def delete_collection(db: Database, clock: Clock, scope: Scope, collection_id: str) -> None:
    """Hide the collection at once and tell everyone who keeps something of it. Raises `CollectionNotFound`."""
    require(scope, Permission.WRITE)
    now = clock.now()
    async with db.transaction(scope) as connection:
        if not await store.mark_deleted(connection, scope, collection_id, now):
            raise CollectionNotFound(collection_id=collection_id)
        await note(connection, scope, Deed("delete_collection", (collection_id,)), now)
        await outbox.publish(connection, scope, COLLECTION_DELETED, {"collection_id": collection_id}, now)
