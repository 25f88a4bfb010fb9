"""A question as the two legs take it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from ragstone.engine.language.coverage import is_covered
from ragstone.engine.language.sparse import query_vector
from ragstone.features.search.result import Mode, Notice, SearchRequest
from ragstone.kit.scope import Scope
from ragstone.ports.embedder import Embedder, EmbedderUnavailable, PassageRejected
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexSpace
from ragstone.ports.vectors import DenseVector, SparseVector, vector_bytes, vector_from_bytes

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """Both vectors of a question, each None where its leg is left out, and why if that was not asked for."""

    dense: DenseVector | None
    sparse: SparseVector | None
    notices: tuple[Notice, ...]

    def dense_for(self, runtime: Runtime, space: IndexSpace) -> DenseVector | None:
        """The dense vector if the space's points were made by the present model."""
        if self.dense is None or runtime.embedder is None:
            return None
        return self.dense if space.generation == runtime.embedder.profile.generation else None


async def understand(runtime: Runtime, scope: Scope, request: SearchRequest, spaces: Iterable[IndexSpace]) -> Question:
    """The vectors a search needs. A leg that cannot serve the question falls back to words, and says why."""
    notices = [Notice.NO_RERANKER] if request.rerank else []
    if request.mode is Mode.LEXICAL:
        return Question(None, query_vector(request.query), tuple(notices))
    dense: DenseVector | None = None
    try:
        dense, notice = await _dense(runtime, scope, request.query, spaces)
    except (EmbedderUnavailable, PassageRejected) as problem:
        _log.warning("a question went by words alone", code=problem.code, **problem.facts)
        notice = Notice.EMBEDDER_UNAVAILABLE
    if notice:
        notices.append(notice)
    wants_words = request.mode is Mode.HYBRID or dense is None or notice is Notice.MODEL_CHANGED
    return Question(dense, query_vector(request.query) if wants_words else None, tuple(notices))


async def _dense(
    runtime: Runtime, scope: Scope, query: str, spaces: Iterable[IndexSpace]
) -> tuple[DenseVector | None, Notice | None]:
    embedder = runtime.embedder
    if embedder is None:
        return None, Notice.NO_EMBEDDING_MODEL
    if not is_covered(embedder.tokenise(query)):
        return None, Notice.LANGUAGE_NOT_COVERED
    vector = await _query_embedding(runtime, embedder, scope, query)
    has_changed = any(space.generation != embedder.profile.generation for space in spaces)
    return vector, Notice.MODEL_CHANGED if has_changed else None


async def _query_embedding(runtime: Runtime, embedder: Embedder, scope: Scope, text: str) -> DenseVector:
    digest = hashlib.sha256(text.encode()).hexdigest()
    key = f"{scope.tenant_id}/query-embedding/{embedder.profile.generation}/{digest}"
    cached = await runtime.cache.get(key)
    if cached is not None:
        return vector_from_bytes(cached)
    vector = await embedder.embed_query(text)
    await runtime.cache.set(key, vector_bytes(vector), runtime.settings.cache.query_embedding_ttl_s)
    return vector
