"""Search: vectors, one index call a space, fusion, one read of the store, then what makes the list worth reading."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ragstone.engine.ranking.dedupe import DistinctHit, dedupe
from ragstone.engine.ranking.fuse import fuse_rrf, fuse_zscore
from ragstone.engine.ranking.hits import RankedHit
from ragstone.engine.ranking.mmr import apart, diversify
from ragstone.features.collections.collection import Collection
from ragstone.features.collections.read import select_collections
from ragstone.features.documents import chunk_store
from ragstone.features.documents.document import FoundChunk
from ragstone.features.search.question import understand
from ragstone.features.search.result import SearchHit, SearchOutcome, SearchRequest
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.filters import And, Condition, Filter, Op
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import FacetCount, IndexAnswer, IndexQuery, IndexSpace, Plan

_FACET_VALUES = 50
_CANDIDATES = 3  # Read for each hit shown: some are repetitions, of inactive versions, or stand behind for diversity.


class _Watch:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self.timings_ms: dict[str, float] = {}
        self._began = time.perf_counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.timings_ms[name] = (time.perf_counter() - began) * 1000

    def total(self) -> dict[str, float]:
        self.timings_ms["total"] = (time.perf_counter() - self._began) * 1000
        return {name: round(value, 3) for name, value in self.timings_ms.items()}


async def find(runtime: Runtime, scope: Scope, request: SearchRequest) -> SearchOutcome:
    """The best chunks for a question among what the caller may read.

    Raises `CollectionNotFound`, `IndexUnavailable`, `DatabaseUnavailable`.
    """
    watch = _Watch()
    collections = await select_collections(runtime.db, scope, request.collection_ids)
    spaces = _by_space(collections)
    with watch.stage("embed"):
        question = await understand(runtime, scope, request, spaces)
    filters = _filters(scope, request, spaces)
    depth = max([request.limit, *(item.retrieval.depth for item in collections)])
    gone: frozenset[str] = frozenset()
    while True:
        answers = [
            await runtime.index.search(
                space, IndexQuery(question.dense_for(space), question.sparse_for(space), filter_, depth)
            )
            for space, filter_ in filters.items()
        ]
        watch.timings_ms |= _leg_timings(answers)
        with watch.stage("fuse"):
            ranked = _fuse(request.fusion or _fusion(collections), answers)
        with watch.stage("hydrate"):
            hits, missing = await _shown(runtime, scope, request, spaces, ranked[: request.limit * _CANDIDATES])
            if len(hits) < request.limit and len(ranked) > request.limit * _CANDIDATES:
                hits, missing = await _shown(runtime, scope, request, spaces, ranked)
        # What the index found may have been replaced before it was read. Its successor is in the index by now.
        if missing <= gone:
            break
        gone |= missing
    facets = await _facets(runtime, request, filters)
    plan = next((answer.plan for answer in answers if answer.plan is not Plan.NONE), Plan.NONE)
    return SearchOutcome(new_id("qry"), hits, watch.total(), plan, question.notices, facets)


def _by_space(collections: Sequence[Collection]) -> dict[IndexSpace, list[Collection]]:
    spaces: dict[IndexSpace, list[Collection]] = {}
    for collection in collections:
        spaces.setdefault(collection.space, []).append(collection)
    return spaces


def _filters(
    scope: Scope, request: SearchRequest, spaces: Mapping[IndexSpace, Sequence[Collection]]
) -> dict[IndexSpace, Filter | None]:
    """The user's filter within the collections that are searched in each space.

    All of a tenant's collections need no naming where they are in one space. Where they are in several, a collection
    may have points in two of them, as it is moving, and must answer from one.
    """
    if request.collection_ids is None and scope.collection_ids is None and len(spaces) == 1:
        return dict.fromkeys(spaces, request.filter)
    return {space: _within(request, members) for space, members in spaces.items()}


def _within(request: SearchRequest, members: Sequence[Collection]) -> Filter:
    inside = Condition("collection_id", Op.IN, tuple(item.id for item in members))
    return inside if request.filter is None else And((inside, request.filter))


def _fusion(collections: Sequence[Collection]) -> str:
    """How most of the collections want their legs fused."""
    counts = Counter(item.retrieval.fusion for item in collections)
    return counts.most_common(1)[0][0] if counts else "zscore"


def _fuse(fusion: str, answers: Sequence[IndexAnswer]) -> tuple[RankedHit, ...]:
    """One ranking. Scores of different models do not compare, so each space is fused by itself, then its scores."""
    fuse = fuse_rrf if fusion == "rrf" else fuse_zscore
    ranked = [hit for answer in answers for hit in fuse(answer.dense, answer.lexical)]
    return tuple(sorted(ranked, key=lambda hit: (-hit.score, hit.chunk_id)) if len(answers) > 1 else ranked)


def _leg_timings(answers: Sequence[IndexAnswer]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for answer in answers:
        total.update(answer.timings_ms)
    return dict(total)


async def _shown(
    runtime: Runtime, scope: Scope, request: SearchRequest, spaces: Iterable[IndexSpace], ranked: Sequence[RankedHit]
) -> tuple[tuple[SearchHit, ...], frozenset[str]]:
    """The hits whose version is active, without repetitions, diversified if that is asked for, at most the limit.

    Beside them the chunks that answer no more, as their version was replaced or their document deleted.
    """
    chunk_ids = [hit.chunk_id for hit in ranked]
    async with runtime.db.read(scope) as connection:
        found = await chunk_store.hydrate(connection, scope, chunk_ids)
        absent = [chunk_id for chunk_id in chunk_ids if chunk_id not in found]
        missing = frozenset(await chunk_store.list_former(connection, scope, absent) if absent else ())
    distinct = _distinct(request, [hit for hit in ranked if hit.chunk_id in found], found)
    order = tuple(item.hit for item in distinct)
    if request.mmr_lambda is not None:
        chunk_ids = [hit.chunk_id for hit in order]
        async with runtime.db.read(scope) as connection:
            found_by_space = [
                await chunk_store.list_vectors(connection, scope, space.generation, chunk_ids) for space in spaces
            ]
        vectors = [{name: item for name, item in one.items() if item is not None} for one in found_by_space]
        order = diversify(order, apart(vectors), request.limit, request.mmr_lambda)
    duplicates = {item.hit.chunk_id: item.duplicate_ids for item in distinct}
    shown = tuple(
        SearchHit(found[hit.chunk_id], hit, None if request.mmr_lambda is None else rank, duplicates[hit.chunk_id])
        for rank, hit in enumerate(order[: request.limit], start=1)
    )
    return shown, missing


def _distinct(
    request: SearchRequest, ranked: Sequence[RankedHit], found: Mapping[str, FoundChunk]
) -> tuple[DistinctHit, ...]:
    if not request.dedupe:
        return tuple(DistinctHit(hit) for hit in ranked)
    # Diversity chooses among all candidates; without it, what comes after the last one shown need not be compared.
    limit = None if request.mmr_lambda is not None else request.limit
    return dedupe(ranked, {chunk_id: item.chunk.text for chunk_id, item in found.items()}, limit=limit)


async def _facets(
    runtime: Runtime, request: SearchRequest, filters: Mapping[IndexSpace, Filter | None]
) -> dict[str, tuple[FacetCount, ...]]:
    """Counts of chunks by value under the filter, for every field that is asked for."""
    facets: dict[str, tuple[FacetCount, ...]] = {}
    for name in request.facets:
        counts: Counter[str | int | float | bool] = Counter()
        for space, filter_ in filters.items():
            for facet in await runtime.index.facets(space, name, filter_, _FACET_VALUES):
                counts[facet.value] += facet.count
        facets[name] = tuple(FacetCount(value, count) for value, count in counts.most_common(_FACET_VALUES))
    return facets
