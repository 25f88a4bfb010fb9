"""Make a collection."""

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require, require_every_collection
from ragstone.features.accounts.repeatable import Seal, unsealed
from ragstone.features.collections import store
from ragstone.features.collections.collection import (
    DEFAULT_NAME,
    Collection,
    CollectionDraft,
    CollectionNameTaken,
)
from ragstone.kit.clock import Clock
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.embedder import Embedder

WORDS_ONLY_GENERATION = "gen_words"
"""The generation of collections made while there is no embedding model: their points carry no dense vector."""


async def create_collection(
    db: Database,
    embedder: Embedder | None,
    clock: Clock,
    scope: Scope,
    draft: CollectionDraft,
    seal: Seal[Collection] = unsealed,
) -> Collection:
    """A new, empty collection under an embedding model.

    Raises `CollectionNameTaken`; `ScopeTooNarrow` for a caller who could not see it afterwards.
    """
    require(scope, Permission.WRITE)
    require_every_collection(scope)
    now = clock.now()
    collection = Collection(
        id=new_id("col"),
        tenant_id=scope.tenant_id,
        name=draft.name,
        description=draft.description,
        language=draft.language,
        chunking=draft.chunking,
        indexed_chunking=draft.chunking,
        retrieval=draft.retrieval,
        duplicates=draft.duplicates,
        embedding_model=draft.embedding_model or (embedder.profile.model if embedder else "none"),
        generation=embedder.profile.generation if embedder else WORDS_ONLY_GENERATION,
        dimensions=embedder.profile.dimensions if embedder else 0,
        created_at=now,
        updated_at=now,
        record_mapping=draft.record_mapping,
    )
    async with db.transaction(scope) as connection:
        await store.insert_collection(connection, collection)
        await note(connection, scope, Deed("create_collection", (collection.id,)), now)
        await seal(connection, collection)
    return collection


async def get_or_create_default(db: Database, embedder: Embedder | None, clock: Clock, scope: Scope) -> Collection:
    """The collection documents go to when none is named."""
    async with db.read(scope) as connection:
        found = await store.find_collection_by_name(connection, scope, DEFAULT_NAME)
    if found is not None:
        return found
    try:
        return await create_collection(db, embedder, clock, scope, CollectionDraft(DEFAULT_NAME))
    except CollectionNameTaken:  # Another request made it in between.
        return await get_or_create_default(db, embedder, clock, scope)
