"""A search index in memory that keeps no promise: for tests of what has to notice."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from ragstone.ports.filters import And, Filter
from ragstone.ports.search_index import (
    FacetCount,
    IndexAnswer,
    IndexEntry,
    IndexHit,
    IndexPoint,
    IndexQuery,
    IndexSpace,
)
from ragstone.testing.filters import matches


class Leak(StrEnum):
    """What the index does wrong."""

    NONE = "none"
    SPACES_IN_SEARCH = "spaces in search"
    SPACES_IN_FACETS = "spaces in facets"
    SPACES_IN_COUNTS = "spaces in counts"
    SPACES_IN_SCANS = "spaces in scans"
    FILTERS = "filters"


class LeakyIndex:
    """Finds every point alike. It heeds spaces and filters except where its leak says otherwise."""

    def __init__(self, leak: Leak) -> None:
        self._leak = leak
        self._points: dict[IndexSpace, dict[str, IndexPoint]] = {}

    async def upsert(self, space: IndexSpace, points: Sequence[IndexPoint]) -> None:
        """Keep points."""
        self._points.setdefault(space, {}).update({item.chunk_id: item for item in points})

    async def delete(self, space: IndexSpace, selector: Filter) -> None:
        """Forget points."""
        for item in self._found(space, selector, Leak.NONE):
            del self._points[space][item.chunk_id]

    async def search(self, space: IndexSpace, query: IndexQuery) -> IndexAnswer:
        """Every point, each as good as the others."""
        found = self._found(space, query.filter, Leak.SPACES_IN_SEARCH)
        hits = tuple(IndexHit(item.chunk_id, 1.0) for item in found[: query.limit])
        return IndexAnswer(hits if query.dense is not None else (), hits if query.sparse is not None else ())

    async def facets(
        self, space: IndexSpace, field_name: str, filter_: Filter | None, limit: int
    ) -> tuple[FacetCount, ...]:
        """Counts of a field that holds several texts."""
        counts: Counter[str] = Counter()
        for item in self._found(space, filter_, Leak.SPACES_IN_FACETS):
            values = item.fields.get(field_name, ())
            counts.update(values if isinstance(values, tuple) else ())
        return tuple(FacetCount(value, count) for value, count in counts.most_common(limit))

    async def count(self, space: IndexSpace, filter_: Filter | None = None) -> int:
        """How many points there are."""
        return len(self._found(space, filter_, Leak.SPACES_IN_COUNTS))

    async def scan(self, space: IndexSpace, after: str | None, limit: int) -> tuple[IndexEntry, ...]:
        """Points in order."""
        found = [item for item in self._found(space, None, Leak.SPACES_IN_SCANS) if item.chunk_id > (after or "")]
        told = (
            IndexEntry(item.chunk_id, str(item.fields["document_id"]), str(item.fields["version_id"])) for item in found
        )
        return tuple(told)[:limit]

    async def list_spaces(self) -> tuple[IndexSpace, ...]:
        """All that are there."""
        return tuple(self._points)

    async def drop(self, space: IndexSpace) -> None:
        """Forget a space."""
        self._points.pop(space, None)

    def _found(self, space: IndexSpace, filter_: Filter | None, leak: Leak) -> list[IndexPoint]:
        spaces = self._points if leak is self._leak and leak is not Leak.NONE else {space}
        wanted = And(()) if filter_ is None or self._leak is Leak.FILTERS else filter_
        points = {key: item for one in spaces for key, item in self._points.get(one, {}).items()}
        return [points[key] for key in sorted(points) if matches(wanted, points[key].fields)]
