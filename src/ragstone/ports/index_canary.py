"""A canary in the index: proof that a backend keeps spaces apart and heeds filters, before anything is trusted to it.

A point is written for a tenant that does not exist, and looked for as another one. A backend that ignores the space, or
the filter it was given, sings.
"""

import uuid
from typing import ClassVar, Final

import numpy as np

from ragstone.kit.ids import new_id
from ragstone.kit.problem import Kind, Problem
from ragstone.ports.filters import Condition, Op, Scalar
from ragstone.ports.search_index import IndexPoint, IndexQuery, IndexSpace, SearchIndex
from ragstone.ports.vectors import DenseVector, SparseVector

_DIMENSIONS: Final = 4
_LIMIT: Final = 10
_WORDS: Final = SparseVector((1,), (1.0,))
_OTHERS_ONLY: Final = Condition("tag", Op.EQ, "nobody")


class IndexLeaks(Problem):
    """The search index shows one tenant what belongs to another, or ignores filters. Nothing may be served from it."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "index_leaks"


async def prove_isolation(index: SearchIndex) -> None:
    """Raises `IndexLeaks`, and `IndexUnavailable` when nothing could be proven. Leaves nothing behind."""
    owner, stranger = (IndexSpace(new_id("canary"), "canary", _DIMENSIONS) for _ in range(2))
    hidden, own = _point(1, "hidden"), _point(2, "own")
    try:
        await index.upsert(owner, [hidden])
        await index.upsert(stranger, [own])
        await _look(index, stranger, own)
    finally:
        for space in (owner, stranger):
            await index.drop(space)


async def _look(index: SearchIndex, space: IndexSpace, own: IndexPoint) -> None:
    """Everything a tenant with one point can ask has to be about that one point."""
    answer = await index.search(space, IndexQuery(_direction(), _WORDS, None, _LIMIT))
    told = {
        "search by meaning": [hit.chunk_id for hit in answer.dense],
        "search by words": [hit.chunk_id for hit in answer.lexical],
        "scan": [entry.chunk_id for entry in await index.scan(space, None, _LIMIT)],
        "facets": [str(facet.value) for facet in await index.facets(space, "tag", None, _LIMIT)],
        "count": [str(await index.count(space))],
    }
    expected = {"facets": ["own"], "count": ["1"]}
    for question, items in told.items():
        if items != expected.get(question, [own.chunk_id]):
            raise IndexLeaks(question=question)
    nothing = await index.search(space, IndexQuery(_direction(), _WORDS, _OTHERS_ONLY, _LIMIT))
    if nothing.dense or nothing.lexical or await index.count(space, _OTHERS_ONLY):
        raise IndexLeaks(question="filter")


def _point(number: int, tag: str) -> IndexPoint:
    fields: dict[str, Scalar | tuple[str, ...]] = {
        "document_id": new_id("doc"),
        "version_id": new_id("ver"),
        "tag": (tag,),
    }
    return IndexPoint(str(uuid.UUID(int=number)), _direction(), _WORDS, fields)


def _direction() -> DenseVector:
    return np.full(_DIMENSIONS, 0.5, dtype=np.float32)
