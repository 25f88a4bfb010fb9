"""One open shard of the engine: all points of one space. Errors of the engine pass through as it raised them.

Every call holds the interpreter for its whole length, so callers hand over small pieces. The engine's log of writes
makes an `upsert` or `delete` outlive the process at once; `flush` makes it outlive the machine.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FacetRequest,
    Filter,
    FloatIndexParams,
    HnswIndexConfig,
    KeywordIndexParams,
    Modifier,
    Point,
    Query,
    QueryRequest,
    ScrollRequest,
    SearchParams,
    SparseVector,
    UpdateOperation,
)

from ragstone.backends.index_edge.conditions import condition
from ragstone.backends.index_edge.fields import is_number_slot
from ragstone.backends.index_edge.wire import Lowered

DENSE: Final = "dense"
SPARSE: Final = "sparse"
MAX_INDEXED_SLOTS: Final = 256
"""Payload slots that get an index of their own; filters on any further ones are as exact but read every point."""

_UNINDEXED: Final = frozenset({"chunk_id"})  # Found by point id; a prefix of a UUID is not worth an index.
_FIRST_SLOTS: Final = ("collection_id", "document_id", "version_id", "tag", "type", "language")
_MIN_GRAPH_POINTS: Final = 13_000  # Segments below are scanned; well under the planner's bound for exact scans.
_TIE_LIMIT: Final = 4096
_SCAN_PAGE: Final = 1000
_LAST_ID: Final = 2**128 - 1

RawPoint = tuple[str, list[float] | None, list[int], list[float], dict[str, Any]]
"""Chunk id, dense vector, indices and values of the sparse one, payload."""
Hit = tuple[str, float]


def shard_config(dimensions: int) -> EdgeConfig:
    """The engine's settings; graphs are built by the optimizer only."""
    return EdgeConfig(
        vectors={DENSE: EdgeVectorParams(size=dimensions, distance=Distance.Cosine)} if dimensions else None,
        sparse_vectors={SPARSE: EdgeSparseVectorParams(modifier=Modifier.Idf)},
        hnsw_config=HnswIndexConfig(m=16, ef_construct=100, full_scan_threshold=10_000, max_indexing_threads=1),
        optimizers=EdgeOptimizersConfig(
            indexing_threshold=max(1, _MIN_GRAPH_POINTS * dimensions * 4 // 1024), default_segment_number=2
        ),
        wal_enabled=True,
    )


class Shard:
    """The points of one space, in one folder."""

    def __init__(self, path: Path, dimensions: int, engine: EdgeShard) -> None:
        self.path = path
        self.dimensions = dimensions
        self._engine = engine
        self._indexed = set(engine.info().payload_schema)

    @classmethod
    def open(cls, path: Path, dimensions: int) -> Self:
        """The shard in this folder."""
        return cls(path, dimensions, EdgeShard.load(str(path)))

    @classmethod
    def create(cls, path: Path, dimensions: int) -> Self:
        """An empty shard in a new folder."""
        path.mkdir(parents=True)
        shard = cls(path, dimensions, EdgeShard.create(str(path), shard_config(dimensions)))
        shard._index_slots(_FIRST_SLOTS)
        return shard

    def upsert(self, points: Sequence[RawPoint]) -> None:
        """Write points, replacing those with the same id."""
        self._index_slots(slot for point in points for slot in point[-1])
        self._engine.update(UpdateOperation.upsert_points([_engine_point(point) for point in points]))

    def delete(self, selector: Lowered) -> None:
        """Remove what the selector holds for."""
        self._engine.update(UpdateOperation.delete_points_by_filter(condition(selector)))

    def count(self, filter_: Lowered | None) -> int:
        """The exact number of points the filter holds for."""
        return self._engine.count(CountRequest(exact=True, filter=_filter(filter_)))

    @property
    def size(self) -> int:
        """The number of points."""
        return int(self._engine.info().points_count)

    def estimate(self, filter_: Lowered) -> int:
        """About how many points the filter holds for: free, exact for one condition, off where conditions correlate."""
        return self._engine.count(CountRequest(exact=False, filter=condition(filter_)))

    def dense(self, vector: list[float], filter_: Lowered | None, limit: int, params: SearchParams) -> list[Hit]:
        """The nearest points by cosine similarity."""
        return self._best(Query.Nearest(vector, using=DENSE), filter_, limit, params)

    def lexical(self, indices: list[int], values: list[float], filter_: Lowered | None, limit: int) -> list[Hit]:
        """The best points by the sum of term weights times inverse document frequency in this shard."""
        vector = SparseVector(indices=indices, values=values)
        return self._best(Query.Nearest(vector, using=SPARSE), filter_, limit, None)

    def facets(self, slot: str, filter_: Lowered | None, limit: int) -> list[tuple[str, int]]:
        """The commonest keywords of a slot with their counts, ties in order of the keyword."""
        if slot in self._indexed:
            request = FacetRequest(slot, limit=limit, exact=True, filter=_filter(filter_))
            return [(str(hit.value), hit.count) for hit in self._engine.facet(request)]
        counts: Counter[str] = Counter()
        for _, payload in self._records(None, filter_, [slot]):
            value = payload.get(slot, [])
            counts.update([value] if isinstance(value, str) else set(value))
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]

    def scan(self, after: str | None, limit: int) -> list[tuple[str, str, str]]:
        """Chunk, document and version ids (as keywords) in order of the chunk id, beginning after the given one."""
        records = self._records(after, None, ["document_id", "version_id"], min(limit, _SCAN_PAGE))
        return [
            (chunk_id, payload.get("document_id", "s"), payload.get("version_id", "s"))
            for chunk_id, payload in islice(records, limit)
        ]

    @property
    def indexed_count(self) -> int:
        """How many points the HNSW graph, where there are dense vectors, or else any sealed segment holds."""
        info = self._engine.info()
        return max(0, int(info.indexed_vectors_count) - int(info.points_count)) if self.dimensions else 0

    def flush(self) -> None:
        """Bring all writes to the disk."""
        self._engine.flush()

    def close(self) -> None:
        """Let go of the files; nothing may be called afterwards."""
        self._engine.close()

    def _best(self, query: Query, filter_: Lowered | None, limit: int, params: SearchParams | None) -> list[Hit]:
        """The best `limit` hits, ties by chunk id: asks for more while a tie crosses the end of the list."""
        engine_filter, asked = _filter(filter_), limit + 1
        while True:
            found = self._engine.query(QueryRequest(asked, query=query, filter=engine_filter, params=params))
            if len(found) < asked or found[limit - 1].score != found[-1].score or asked >= limit + _TIE_LIMIT:
                break
            asked *= 4
        hits = sorted(((str(point.id), point.score) for point in found), key=lambda hit: (-hit[1], hit[0]))
        return hits[:limit]

    def _records(
        self, after: str | None, filter_: Lowered | None, slots: list[str], page: int = _SCAN_PAGE
    ) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Points with some payload, in order of their ids."""
        offset: UUID | None = None
        if after is not None:
            if UUID(after) == UUID(int=_LAST_ID):
                return
            offset = UUID(int=UUID(after).int + 1)
        while True:
            request = ScrollRequest(offset=offset, limit=page, filter=_filter(filter_), with_payload=slots)
            records, following = self._engine.scroll(request)
            yield from ((str(record.id), record.payload or {}) for record in records)
            if following is None:
                return
            offset = UUID(str(following))

    def _index_slots(self, slots: Iterable[str]) -> None:
        """Give each slot met for the first time an index. HNSW links per slot are left out: they cost sixfold time."""
        for slot in slots:
            if slot in self._indexed or slot in _UNINDEXED or len(self._indexed) >= MAX_INDEXED_SLOTS:
                continue
            schema = (
                FloatIndexParams(enable_hnsw=False)
                if is_number_slot(slot)
                else KeywordIndexParams(enable_hnsw=False, prefix=True)
            )
            self._engine.update(UpdateOperation.create_field_index(slot, schema))
            self._indexed.add(slot)


def _filter(lowered: Lowered | None) -> Filter | None:
    return None if lowered is None else condition(lowered)


def _engine_point(point: RawPoint) -> Point:
    chunk_id, dense, indices, values, payload = point
    sparse = SparseVector(indices=indices, values=values)
    return Point(chunk_id, {SPARSE: sparse} if dense is None else {DENSE: dense, SPARSE: sparse}, payload)
