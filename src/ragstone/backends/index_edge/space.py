"""One space in the index process: its live shard, the count of its filters, and the writes held while it is rebuilt."""

import asyncio
import secrets
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

from cachetools import LRUCache
from qdrant_edge import AcornSearchParams, SearchParams

from ragstone.backends.index_edge.layout import read_json, write_json
from ragstone.backends.index_edge.planner import EXACT_UP_TO, DensePlan, plan_dense
from ragstone.backends.index_edge.shard import Hit, RawPoint, Shard
from ragstone.backends.index_edge.wire import Lowered, floats, frame, pack, unsigned
from ragstone.ports.search_index import Plan

COUNT_DRIFT: Final = 0.05
"""A remembered count serves the planner until this share of the points has been written anew."""

_REMEMBERED_COUNTS: Final = 256


class DimensionsDiffer(Exception):
    """The space was made for dense vectors of another length."""


class Space:
    """An open space. Single-threaded; only whole calls are interleaved, never their parts."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.folder = folder
        self.marker = folder / "space.json"
        self.write_lock = asyncio.Lock()
        self.journal: IO[bytes] | None = None
        self.writes_unflushed = 0
        self._adopt(self._open(dimensions) if self.marker.exists() else self._create(dimensions))

    def _open(self, dimensions: int) -> Shard:
        content = read_json(self.marker)
        if content["dimensions"] != dimensions:
            raise DimensionsDiffer(f"the space holds vectors of {content['dimensions']} dimensions, not {dimensions}")
        live = self.folder / str(content["shard"])
        self._remove_shards_but(live)
        return Shard.open(live, dimensions)

    def _create(self, dimensions: int) -> Shard:
        """An empty shard; it counts only when the marker is there, so a crash half-way leaves nothing to repair."""
        self._remove_shards_but(None)
        shard = Shard.create(self.new_shard_path(), dimensions)
        write_json(self.marker, {"dimensions": dimensions, "shard": shard.path.name})
        return shard

    def new_shard_path(self) -> Path:
        """A name never used before, not even by a process that died and left its optimizer running."""
        return self.folder / f"shard_{secrets.token_hex(6)}"

    def _adopt(self, shard: Shard) -> None:
        self.shard = shard
        self.points = shard.size
        self.indexed = shard.indexed_count
        self.unoptimized = self.points - self.indexed if shard.dimensions else 0
        self.last_write = time.monotonic()
        self._counts: LRUCache[bytes, tuple[int, int]] = LRUCache(_REMEMBERED_COUNTS)
        self._writes = 0

    def upsert(self, points: Sequence[list[Any]]) -> None:
        """Write points given as they travel."""
        self.shard.upsert([raw_point(point) for point in points])
        self._note_write(["upsert", points], len(points))

    def delete(self, selector: Lowered) -> None:
        """Remove what the selector holds for."""
        before = self.points
        self.shard.delete(selector)
        self._note_write(["delete", selector], max(1, before - self.shard.size))

    def search(
        self, dense: bytes | None, sparse: tuple[bytes, bytes] | None, filter_: Lowered | None, limit: int
    ) -> tuple[list[Hit], list[Hit], str, dict[str, float]]:
        """Both legs, the plan of the dense one, and the milliseconds each took."""
        began = time.perf_counter()
        plan, nearest = DensePlan(Plan.NONE, 0), []
        if dense is not None and self.shard.dimensions:
            plan = self._plan(filter_, limit)
            if plan.plan is not Plan.NONE:
                nearest = self.shard.dense(floats(dense), filter_, limit, _params(plan))
        between = time.perf_counter()
        lexical: list[Hit] = []
        if sparse is not None and sparse[0] and limit:
            lexical = self.shard.lexical(unsigned(sparse[0]), floats(sparse[1]), filter_, limit)
        timings = {"dense": (between - began) * 1e3, "lexical": (time.perf_counter() - between) * 1e3}
        return nearest, lexical, plan.plan.value, timings

    def flush(self) -> None:
        """Bring all writes to the disk."""
        if self.writes_unflushed:
            self.shard.flush()
            self.writes_unflushed = 0

    def close(self) -> None:
        """Flush and let go of the files."""
        self.flush()
        self.shard.close()

    def switch_to(self, shard: Shard) -> Path:
        """Make another shard, holding the same points, the live one; the folder of the old one is the caller's."""
        old, written_meanwhile = self.shard, self.unoptimized
        write_json(self.marker, {"dimensions": shard.dimensions, "shard": shard.path.name})
        self._adopt(shard)
        self.unoptimized = written_meanwhile
        old.close()
        return old.path

    def _plan(self, filter_: Lowered | None, limit: int) -> DensePlan:
        matching = self.points if filter_ is None else self._count_about(filter_)
        return plan_dense(self.points, matching, self.indexed, limit)

    def _count_about(self, filter_: Lowered) -> int:
        """How many points match, exactly or as remembered.

        Where the engine's free estimate already allows an exact scan it is taken: too low an estimate only costs time,
        whereas one that is too high would lead into the graph and cost recall, so it is checked by counting.
        """
        estimate = self.shard.estimate(filter_)
        if estimate <= EXACT_UP_TO:
            return max(1, estimate)
        key = pack(filter_)
        remembered = self._counts.get(key)
        if remembered is None or self._writes - remembered[1] > COUNT_DRIFT * self.points:
            remembered = self._counts[key] = (self.shard.count(filter_), self._writes)
        return remembered[0]

    def _note_write(self, operation: list[Any], changed: int) -> None:
        if self.journal is not None:
            self.journal.write(frame(pack(operation)))
        self.points = self.shard.size
        self.last_write = time.monotonic()
        self.unoptimized += changed
        self.writes_unflushed += 1
        self._writes += changed

    def _remove_shards_but(self, live: Path | None) -> None:
        for folder in self.folder.glob("shard_*"):
            if folder != live:
                shutil.rmtree(folder)


def raw_point(point: Sequence[Any]) -> RawPoint:
    """A point as it travels, with its vectors as numbers."""
    chunk_id, dense, indices, values, payload = point
    return chunk_id, None if dense is None else floats(dense), unsigned(indices), floats(values), payload


def _params(plan: DensePlan) -> SearchParams:
    if plan.plan is Plan.EXACT:
        return SearchParams(exact=True)
    acorn = AcornSearchParams(enable=True, max_selectivity=1.0) if plan.plan is Plan.ACORN else None
    return SearchParams(hnsw_ef=plan.ef, acorn=acorn)
