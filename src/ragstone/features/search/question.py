"""A question as the two legs take it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from ragstone.engine.language.coverage import is_covered
from ragstone.engine.language.sparse import query_vector
from ragstone.features.search.result import Mode, Notice, SearchRequest
from ragstone.kit.scope import Scope
from ragstone.ports.embedder import Embedder
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexSpace
from ragstone.ports.vectors import DenseVector, SparseVector, vector_bytes, vector_from_bytes


@dataclass(frozen=True, slots=True)
class Question:
    """Both vectors of a question, each None where its leg is left out, and why if that was not asked for."""

    dense: DenseVector | None
    sparse: SparseVector | None
    notices: tuple[Notice, ...]

    def dense_for(self, runtime: Runtime, space: IndexSpace) -> DenseVector | None:
        """The dense vector if the space's points were made by the present model."""
        return self.dense if runtime.embedder and space.generation == runtime.embedder.profile.generation else None


async def understand(runtime: Runtime, scope: Scope, request: SearchRequest, spaces: Iterable[IndexSpace]) -> Question:
    """The vectors a search needs. A leg that cannot serve the question falls back to words, and says why."""
    notices = [Notice.NO_RERANKER] if request.rerank else []
    if request.mode is Mode.LEXICAL:
        return Question(None, query_vector(request.query), tuple(notices))
    dense: DenseVector | None = None
    embedder = runtime.embedder
    if embedder is None:
        notices.append(Notice.NO_EMBEDDING_MODEL)
    elif not is_covered(embedder.tokenise(request.query)):
        notices.append(Notice.LANGUAGE_NOT_COVERED)
    else:
        dense = await _query_embedding(runtime, embedder, scope, request.query)
        if any(space.generation != embedder.profile.generation for space in spaces):
            notices.append(Notice.MODEL_CHANGED)
    wants_words = request.mode is Mode.HYBRID or dense is None or Notice.MODEL_CHANGED in notices
    return Question(dense, query_vector(request.query) if wants_words else None, tuple(notices))


async def _query_embedding(runtime: Runtime, embedder: Embedder, scope: Scope, text: str) -> DenseVector:
    digest = hashlib.sha256(text.encode()).hexdigest()
    key = f"{scope.tenant_id}/query-embedding/{embedder.profile.generation}/{digest}"
    cached = await runtime.cache.get(key)
    if cached is not None:
        return vector_from_bytes(cached)
    vector = await embedder.embed_query(text)
    await runtime.cache.set(key, vector_bytes(vector), runtime.settings.cache.query_embedding_ttl_s)
    return vector
