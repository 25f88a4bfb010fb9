"""A question as the two legs take it."""

import hashlib
from collections.abc import Iterable, Mapping
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
    """The vectors of a question: a dense one for each generation it is asked of, and the words.

    Where a generation has no dense vector, its space is searched by words; `notices` say why if that was not asked for.
    """

    dense: Mapping[str, DenseVector]
    words: SparseVector
    mode: Mode
    notices: tuple[Notice, ...]

    def dense_for(self, space: IndexSpace) -> DenseVector | None:
        """The vector made by the model that has made those of the space."""
        return self.dense.get(space.generation)

    def sparse_for(self, space: IndexSpace) -> SparseVector | None:
        """The words, unless meaning alone was asked for and the space can be searched by it."""
        return None if self.mode is Mode.DENSE and space.generation in self.dense else self.words


async def understand(runtime: Runtime, scope: Scope, request: SearchRequest, spaces: Iterable[IndexSpace]) -> Question:
    """The vectors a search needs. A leg that cannot serve the question falls back to words, and says why."""
    notices = [Notice.NO_RERANKER] if request.rerank else []
    dense: dict[str, DenseVector] = {}
    for generation in sorted({space.generation for space in spaces}) if request.mode is not Mode.LEXICAL else ():
        try:
            found = await _dense(runtime, scope, request.query, generation)
        except (EmbedderUnavailable, PassageRejected) as problem:
            _log.warning("a question went by words alone", code=problem.code, **problem.facts)
            found = Notice.EMBEDDER_UNAVAILABLE
        if isinstance(found, Notice):
            notices.append(found)
        else:
            dense[generation] = found
    return Question(dense, query_vector(request.query), request.mode, tuple(dict.fromkeys(notices)))


async def _dense(runtime: Runtime, scope: Scope, query: str, generation: str) -> DenseVector | Notice:
    if not runtime.embedders.by_name:
        return Notice.NO_EMBEDDING_MODEL
    embedder = runtime.embedders.find(generation)
    if embedder is None:
        return Notice.MODEL_CHANGED
    if not is_covered(embedder.tokenise(query)):
        return Notice.LANGUAGE_NOT_COVERED
    return await _query_embedding(runtime, embedder, scope, query)


async def _query_embedding(runtime: Runtime, embedder: Embedder, scope: Scope, text: str) -> DenseVector:
    digest = hashlib.sha256(text.encode()).hexdigest()
    key = f"{scope.tenant_id}/query-embedding/{embedder.profile.generation}/{digest}"
    cached = await runtime.cache.get(key)
    if cached is not None:
        return vector_from_bytes(cached)
    vector = await embedder.embed_query(text)
    await runtime.cache.set(key, vector_bytes(vector), runtime.settings.cache.query_embedding_ttl_s)
    return vector
