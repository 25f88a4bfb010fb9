"""What moving a collection to another embedding model would take, before anything is done."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.collections.collection import Collection
from ragstone.features.collections.generation_store import Generation
from ragstone.features.collections.read import get_collection
from ragstone.features.documents import usage_store
from ragstone.features.documents.usage_store import Usage
from ragstone.features.ingestion.embed import embed_anew, price_of
from ragstone.features.ingestion.generations import store
from ragstone.features.ingestion.generations.begin import get_target
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

_SAMPLE: Final = 16
_LOOK_BACK: Final = timedelta(days=30)
_WRITTEN_PER_S: Final = 2000.0
"""Points written a second, roughly; it decides only where there is nothing left to embed."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How much there is, how much of it the model has not embedded yet, and what that takes.

    Tokens are counted as the present model counts them.
    """

    documents: int
    chunks: int
    passages_to_embed: int
    tokens: int
    seconds_estimate: float
    cost_estimate: float


async def estimate(runtime: Runtime, scope: Scope, collection_id: str, name: str) -> Estimate:
    """Look at the store, and at how fast the model has been or, if it was never used, is on a few passages.

    Raises `CollectionNotFound`, `EmbeddingModelUnknown`, `ModelInUse`, `EmbedderUnavailable`.
    """
    require(scope, Permission.WRITE)
    collection = await get_collection(runtime.db, scope, collection_id)
    target = get_target(runtime, collection, name)
    async with runtime.db.read(scope) as connection:
        documents = await store.count_documents(connection, scope, collection_id)
        chunks = await store.count_active_chunks(connection, scope, collection_id)
        passages, tokens = await store.measure_unembedded(connection, scope, collection_id, target.generation)
    speed = await _tokens_per_s(runtime, scope, collection, target) if passages else 0.0
    return Estimate(
        documents=documents,
        chunks=chunks,
        passages_to_embed=passages,
        tokens=tokens,
        seconds_estimate=round(chunks / _WRITTEN_PER_S + (tokens / speed if speed else 0.0), 1),
        cost_estimate=round(tokens * price_of(runtime, name) / 1e6, 6),
    )


async def _tokens_per_s(runtime: Runtime, scope: Scope, collection: Collection, target: Generation) -> float:
    async with runtime.db.read(scope) as connection:
        known = await usage_store.list_usage(connection, scope, (runtime.clock.now() - _LOOK_BACK).date())
    used = [item.usage for item in known if item.generation == target.generation]
    tokens, seconds = sum(item.n_tokens for item in used), sum(item.seconds for item in used)
    if tokens and seconds:
        return tokens / seconds
    sample = await _sample(runtime, scope, collection, target)
    return sample.n_tokens / sample.seconds if sample.seconds else 0.0


async def _sample(runtime: Runtime, scope: Scope, collection: Collection, target: Generation) -> Usage:
    """Embed a few passages of the collection; a first one, untimed, has the model loaded."""
    async with runtime.db.read(scope) as connection:
        chunk_ids = list(await store.list_active_chunks(connection, scope, collection.id, "", _SAMPLE))
        passages = await store.list_unembedded(connection, scope, target.generation, chunk_ids)
    embedder = runtime.embedders.named(target.model)
    await embed_anew(runtime, scope, embedder, passages[:1])
    began = time.perf_counter()
    made = await embed_anew(runtime, scope, embedder, passages)
    return Usage(len(passages), 0, made.usage.n_tokens, time.perf_counter() - began)
