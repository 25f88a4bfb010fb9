"""An order that prefers hits unlike those already chosen."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from ragstone.engine.ranking.hits import RankedHit
from ragstone.ports.vectors import DenseMatrix, DenseVector

_RELEVANCE_SHARE: Final = 0.7


def diversify(
    hits: Sequence[RankedHit],
    vectors: Mapping[str, DenseVector],
    limit: int,
    relevance_share: float = _RELEVANCE_SHARE,
) -> tuple[RankedHit, ...]:
    """Up to `limit` hits, each chosen for `share · relevance - (1 - share) · greatest cosine to those chosen before`.

    Maximal marginal relevance: Carbonell and Goldstein (1998). Relevance is the hits' score, scaled to 0 … 1 over the
    hits given. A hit without a vector is like no other. A share of 1 keeps the order.
    """
    if not hits:
        return ()
    scores = np.array([hit.score for hit in hits])
    relevance = (scores - scores.min()) / (np.ptp(scores) or 1.0)
    matrix = _rows(hits, vectors)
    likeness = np.zeros(len(hits))
    chosen: list[int] = []
    for _ in range(min(limit, len(hits))):
        worth = relevance_share * relevance - (1 - relevance_share) * likeness
        worth[chosen] = -np.inf
        best = int(np.argmax(worth))
        likeness = np.maximum(likeness, matrix @ matrix[best]) if chosen else matrix @ matrix[best]
        chosen.append(best)
    return tuple(hits[index] for index in chosen)


def apart(groups: Sequence[Mapping[str, DenseVector]]) -> Mapping[str, DenseVector]:
    """Vectors of several models in one space, each model in dimensions of its own, so that they are unlike each other.

    A text that has vectors of several models keeps that of the first.
    """
    if len(groups) == 1:
        return groups[0]
    widths = [max(map(len, vectors.values()), default=0) for vectors in groups]
    placed: dict[str, DenseVector] = {}
    for number, vectors in enumerate(groups):
        before, behind = sum(widths[:number]), sum(widths[number + 1 :])
        for chunk_id, vector in vectors.items():
            placed.setdefault(chunk_id, np.pad(vector, (before, behind)))
    return placed


def _rows(hits: Sequence[RankedHit], vectors: Mapping[str, DenseVector]) -> DenseMatrix:
    """The hits' vectors as rows, zeros where a hit has none."""
    dimensions = max((len(vector) for vector in vectors.values()), default=0)
    absent = np.zeros(dimensions, dtype=np.float32)
    return np.stack([vectors.get(hit.chunk_id, absent) for hit in hits])
