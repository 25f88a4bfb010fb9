"""`EdgeIndex`, the `SearchIndex` of a single machine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from ragstone.backends.index_edge.client import Client
from ragstone.backends.index_edge.fields import decode, lower, payload, slot_of
from ragstone.backends.index_edge.launch import LaunchOptions
from ragstone.backends.index_edge.layout import Layout
from ragstone.backends.index_edge.wire import Lowered, Operation, pack
from ragstone.kit.resilience.breaker import Breaker
from ragstone.ports.filters import Filter
from ragstone.ports.search_index import (
    FacetCount,
    IndexAnswer,
    IndexEntry,
    IndexHit,
    IndexPoint,
    IndexQuery,
    IndexSpace,
    Plan,
)
from ragstone.ports.vectors import DenseVector, SparseVector

MAX_MESSAGE_BYTES: Final = 256 * 1024
"""About 100 points of 384 dimensions; a bigger write travels in several messages."""


@dataclass(frozen=True, slots=True)
class EdgeTimeouts:
    """Patience, in seconds. After `breaker_threshold` failures in a row calls are refused for `breaker_pause_s`."""

    read_s: float = 5.0
    write_s: float = 60.0
    start_s: float = 20.0
    breaker_threshold: int = 3
    breaker_pause_s: float = 2.0


class EdgeIndex:
    """An asynchronous context manager; one instance per event loop, any number of processes per data folder.

    What an `upsert` or `delete` did survives the death of every process at once, and a power failure once it was
    flushed, which is within seconds of the last request and at the latest after half a minute.
    """

    def __init__(
        self,
        root: Path,
        timeouts: EdgeTimeouts | None = None,
        *,
        grace_s: float = 5.0,
        max_open_spaces: int = 32,
    ) -> None:
        self._timeouts = timeouts or EdgeTimeouts()
        self._layout = Layout(root)
        options = LaunchOptions(root.resolve(), grace_s, max_open_spaces)
        self.breaker = Breaker(
            "index",
            threshold=self._timeouts.breaker_threshold,
            pause_s=self._timeouts.breaker_pause_s,
            longest_pause_s=self._timeouts.breaker_pause_s,
        )
        self._client = Client(options, self._layout.socket, self._timeouts.start_s, self.breaker)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        del kind, error, traceback
        await self._client.close()

    async def upsert(self, space: IndexSpace, points: Sequence[IndexPoint]) -> None:
        """Write points, replacing those with the same chunk id."""
        for batch in _batches([_packable(space, point) for point in points]):
            await self._write(Operation.UPSERT, space, batch)

    async def delete(self, space: IndexSpace, selector: Filter) -> None:
        """Remove every point the selector holds for."""
        await self._write(Operation.DELETE, space, lower(selector))

    async def search(self, space: IndexSpace, query: IndexQuery) -> IndexAnswer:
        """The best points of each leg among those the query's filter holds for."""
        if query.dense is not None and space.dimensions:
            _check_dimensions(space, query.dense)
        dense = None if query.dense is None else _raw_floats(query.dense)
        sparse = None if query.sparse is None else _raw_sparse(query.sparse)
        found = await self._read(Operation.SEARCH, space, dense, sparse, _lower(query.filter), query.limit)
        nearest, worded, plan, timings_ms = found
        return IndexAnswer(_hits(nearest), _hits(worded), Plan(plan), timings_ms)

    async def facets(
        self, space: IndexSpace, field_name: str, filter_: Filter | None, limit: int
    ) -> tuple[FacetCount, ...]:
        """The commonest values of a field, most frequent first."""
        found = await self._read(Operation.FACETS, space, slot_of(field_name), _lower(filter_), limit)
        return tuple(FacetCount(decode(keyword), count) for keyword, count in found)

    async def count(self, space: IndexSpace, filter_: Filter | None = None) -> int:
        """The exact number of points the filter holds for."""
        return int(await self._read(Operation.COUNT, space, _lower(filter_)))

    async def scan(self, space: IndexSpace, after: str | None, limit: int) -> tuple[IndexEntry, ...]:
        """Up to `limit` points in order of chunk id, beginning after the given one."""
        found = await self._read(Operation.SCAN, space, after, limit)
        return tuple(
            IndexEntry(chunk_id, str(decode(document)), str(decode(version))) for chunk_id, document, version in found
        )

    async def list_spaces(self) -> tuple[IndexSpace, ...]:
        """Every space that has been written to and not dropped."""
        found = await self._client.call(Operation.LIST_SPACES, None, timeout_s=self._timeouts.read_s)
        return tuple(IndexSpace(*space) for space in found)

    async def drop(self, space: IndexSpace) -> None:
        """Remove a space with all its points."""
        await self._write(Operation.DROP, space)

    async def _read(self, operation: Operation, space: IndexSpace, *arguments: object) -> Any:
        return await self._client.call(operation, self._named(space), *arguments, timeout_s=self._timeouts.read_s)

    async def _write(self, operation: Operation, space: IndexSpace, *arguments: object) -> None:
        await self._client.call(operation, self._named(space), *arguments, timeout_s=self._timeouts.write_s)

    def _named(self, space: IndexSpace) -> tuple[str, str, int]:
        self._layout.space(space.tenant_id, space.generation)
        return space.tenant_id, space.generation, space.dimensions


def _packable(space: IndexSpace, point: IndexPoint) -> tuple[object, ...]:
    if point.dense is not None:
        _check_dimensions(space, point.dense)
    dense = None if point.dense is None else _raw_floats(point.dense)
    return point.chunk_id, dense, *_raw_sparse(point.sparse), payload(point.chunk_id, point.fields)


def _batches(points: Sequence[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    """The points in messages of at most `MAX_MESSAGE_BYTES`, a larger point alone."""
    batch: list[tuple[object, ...]] = []
    size_bytes = 0
    for point in points:
        point_bytes = len(pack(point))
        if batch and size_bytes + point_bytes > MAX_MESSAGE_BYTES:
            yield batch
            batch, size_bytes = [], 0
        batch.append(point)
        size_bytes += point_bytes
    if batch:
        yield batch


def _check_dimensions(space: IndexSpace, vector: DenseVector) -> None:
    if vector.shape != (space.dimensions,):
        raise ValueError(f"a vector of shape {vector.shape} in a space of {space.dimensions} dimensions")


def _raw_floats(numbers: DenseVector | tuple[float, ...]) -> bytes:
    return np.asarray(numbers, dtype="<f4").tobytes()


def _raw_sparse(vector: SparseVector) -> tuple[bytes, bytes]:
    return np.asarray(vector.indices, dtype="<u4").tobytes(), _raw_floats(vector.values)


def _lower(filter_: Filter | None) -> Lowered | None:
    return None if filter_ is None else lower(filter_)


def _hits(found: list[tuple[str, float]]) -> tuple[IndexHit, ...]:
    return tuple(IndexHit(chunk_id, score) for chunk_id, score in found)
