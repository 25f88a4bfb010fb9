"""What the index process does for each request: reads at once, writes in slices between which reads run."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from ragstone.backends.index_edge.space import Space
from ragstone.backends.index_edge.spaces import Spaces
from ragstone.backends.index_edge.wire import Operation
from ragstone.ports.search_index import IndexSpace, Plan

POINTS_PER_SLICE: Final = 8
"""Points written in one go: 1 to 2 ms, the longest a search waits behind a write."""


def read(spaces: Spaces, operation: str, space: list[Any] | None, arguments: list[Any]) -> Any:
    """Answer a request that changes nothing; a space never written to answers as an empty one."""
    if operation == Operation.LIST_SPACES:
        return [[found.tenant_id, found.generation, found.dimensions] for found in spaces.list_all()]
    reader, empty = READS[operation]
    opened = spaces.find(index_space(space))
    return empty if opened is None else reader(opened, *arguments)


async def write(spaces: Spaces, operation: str, space: IndexSpace, arguments: list[Any]) -> None:
    """Carry out an upsert or a delete."""
    if operation == Operation.DELETE:
        opened = spaces.find(space)
        if opened is not None:
            async with opened.write_lock:
                opened.delete(arguments[0])
        return
    points = arguments[0]
    for begin in range(0, len(points), POINTS_PER_SLICE):
        opened = spaces.make(space)
        async with opened.write_lock:
            opened.upsert(points[begin : begin + POINTS_PER_SLICE])
        await asyncio.sleep(0)


def index_space(space: list[Any] | None) -> IndexSpace:
    """The space a request names."""
    if space is None:
        raise ValueError("the request names no space")
    return IndexSpace(*space)


_Reader = Callable[..., Any]

READS: Final[Mapping[str, tuple[_Reader, Any]]] = {
    Operation.SEARCH: (Space.search, [[], [], Plan.NONE.value, {}]),
    Operation.FACETS: (lambda opened, *arguments: opened.shard.facets(*arguments), []),
    Operation.COUNT: (lambda opened, *arguments: opened.shard.count(*arguments), 0),
    Operation.SCAN: (lambda opened, *arguments: opened.shard.scan(*arguments), []),
}
"""How each read is answered, and what an empty space answers."""
