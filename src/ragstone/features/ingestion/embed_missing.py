"""Bring the vectors of a generation in line with the chunks: embed from stored text what is missing, drop the rest."""

from typing import Final

from ragstone.db.database import Database
from ragstone.features.documents import embedding_store, usage_store
from ragstone.features.ingestion.embed import embed_anew
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

_EMBEDDED: Final = 256
_DROPPED: Final = 5000


async def embed_missing(runtime: Runtime, scope: Scope, generation: str) -> None:
    """Embed what active versions say and this generation lacks. Nothing happens while its model is not there.

    Raises `EmbedderUnavailable`, `DatabaseUnavailable`.
    """
    embedder = runtime.embedders.find(generation)
    if embedder is None:
        return
    after = ""
    while True:
        async with runtime.db.read(scope) as connection:
            passages = await embedding_store.list_missing(connection, scope, generation, after, _EMBEDDED)
        if not passages:
            return
        made = await embed_anew(runtime, scope, embedder, passages)
        async with runtime.db.transaction(scope) as connection:
            await embedding_store.add_needed_vectors(connection, scope, generation, made.vectors)
            await usage_store.add_usage(connection, scope, generation, made.model, made.usage, runtime.clock)
        after = passages[-1].sha256


async def drop_unneeded(db: Database, scope: Scope, generation: str) -> None:
    """Drop the vectors of a generation that no chunk needs, some at a time."""
    dropped = _DROPPED
    while dropped == _DROPPED:
        async with db.transaction(scope) as connection:
            dropped = await embedding_store.drop_vectors(connection, scope, generation, _DROPPED)
