"""The search index: a projection of the relational store that can be dropped and rebuilt from it at any time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Protocol

from ragstone.kit.problem import Kind, Problem
from ragstone.ports.filters import Filter, Scalar
from ragstone.ports.vectors import DenseVector, SparseVector


class IndexUnavailable(Problem):
    """The index did not answer: it is down, starting, or took too long."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "index_unavailable"


@dataclass(frozen=True, slots=True)
class IndexSpace:
    """All points of one tenant under one embedding generation.

    Spaces share nothing: neither points nor the word statistics behind inverse document frequency.
    `dimensions` is the length of dense vectors; 0 means the space has none and is searched by words alone.
    """

    tenant_id: str
    generation: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class IndexPoint:
    """One chunk. `chunk_id` identifies it (a UUID as text); writing the same id again replaces the point.

    `fields` holds the filterable values, named as in `ports.filters`: text, numbers, booleans, or a tuple of texts.
    """

    chunk_id: str
    dense: DenseVector | None
    sparse: SparseVector
    fields: Mapping[str, Scalar | tuple[str, ...]]


class Plan(StrEnum):
    """How the dense leg was answered."""

    NONE = "none"
    EXACT = "exact"
    HNSW = "hnsw"
    ACORN = "acorn"


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """Both legs of one question. A leg whose vector is None is left out. `limit` is the number of hits per leg."""

    dense: DenseVector | None
    sparse: SparseVector | None
    filter: Filter | None
    limit: int


@dataclass(frozen=True, slots=True)
class IndexHit:
    """A chunk and its score on one leg: cosine similarity (dense) or BM25 (lexical)."""

    chunk_id: str
    score: float


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """Hits of each leg, best first; equal scores in order of chunk id, so that answers repeat."""

    dense: tuple[IndexHit, ...]
    lexical: tuple[IndexHit, ...]
    plan: Plan = Plan.NONE
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many points carry one value of a field."""

    value: Scalar
    count: int


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What a scan tells of a point: enough to compare the index with the relational store."""

    chunk_id: str
    document_id: str
    version_id: str


class SearchIndex(Protocol):
    """Nearest neighbours, BM25, filters and counts over spaces.

    Every method raises `IndexUnavailable` when the engine cannot be reached in time. A space that was never written
    to behaves as an empty one. What a finished `upsert` or `delete` did is seen by every later call and survives the
    death of any process.
    """

    async def upsert(self, space: IndexSpace, points: Sequence[IndexPoint]) -> None:
        """Write points, replacing those with the same chunk id. Idempotent."""
        ...

    async def delete(self, space: IndexSpace, selector: Filter) -> None:
        """Remove every point the selector holds for. Idempotent."""
        ...

    async def search(self, space: IndexSpace, query: IndexQuery) -> IndexAnswer:
        """The best points of each leg among those the query's filter holds for."""
        ...

    async def facets(
        self, space: IndexSpace, field_name: str, filter_: Filter | None, limit: int
    ) -> tuple[FacetCount, ...]:
        """The commonest values of a field, most frequent first, among the points the filter holds for."""
        ...

    async def count(self, space: IndexSpace, filter_: Filter | None = None) -> int:
        """The exact number of points the filter holds for."""
        ...

    async def scan(self, space: IndexSpace, after: str | None, limit: int) -> tuple[IndexEntry, ...]:
        """Up to `limit` points in order of chunk id, beginning after the given one."""
        ...

    async def list_spaces(self) -> tuple[IndexSpace, ...]:
        """Every space that has been written to and not dropped."""
        ...

    async def drop(self, space: IndexSpace) -> None:
        """Remove a space with all its points. Idempotent."""
        ...
