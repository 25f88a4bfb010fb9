"""How to answer the dense leg, decided by how many points the filter leaves. Pure.

A filtered walk over an HNSW graph stops short of the matching points when few match: measured on 100,000 clustered
vectors of 384 dimensions, recall@10 at ef 64 was 0.98 where half of the points matched, 0.59 at a fifth and 0.12 at a
tenth. The constants below keep it at 0.95 or above at every selectivity; `benchmarks/index_recall.py` shows it.
"""

from dataclasses import dataclass
from typing import Final

from ragstone.ports.search_index import Plan

EXACT_UP_TO: Final = 20_000
"""Matching points that are always scored one by one: 3 to 4 ms, and no way through the graph is faster and as sure."""

EXACT_UP_TO_WHERE_SPARSE: Final = 60_000
"""The same below `HNSW_MIN_SELECTIVITY`, where the alternative, ACORN, costs as much as scoring this many points."""

HNSW_MIN_SELECTIVITY: Final = 0.28
"""The share of matching points from which a wider beam mends recall; at a fifth even ef 1,024 reached only 0.92."""

EF: Final = 64
"""The beam without a filter: recall@10 of 1.0."""

EF_AT_FULL_SELECTIVITY: Final = 24.0
"""The beam has to grow with the inverse square of selectivity: 267 at 30 % gives 0.97, 150 at 40 % gives 0.98."""

ACORN_EF: Final = 128
"""ACORN at a tenth of the points: recall@10 of 0.93 with ef 64, 0.97 with ef 128. Below a tenth it was not measured."""


@dataclass(frozen=True, slots=True)
class DensePlan:
    """A plan and the beam width it needs; an exact scan needs none."""

    plan: Plan
    ef: int


def plan_dense(points: int, matching: int, indexed: int, limit: int) -> DensePlan:
    """The cheapest plan with recall@10 of at least 0.95.

    `points` is the size of the shard, `matching` how many of them the filter leaves, `indexed` how many are in a graph.
    """
    selectivity = matching / points if points else 0.0
    if matching == 0 or limit == 0:
        return DensePlan(Plan.NONE, 0)
    if matching <= EXACT_UP_TO or indexed == 0:
        return DensePlan(Plan.EXACT, 0)
    beam = max(EF, 2 * limit)
    if selectivity >= HNSW_MIN_SELECTIVITY:
        return DensePlan(Plan.HNSW, max(beam, round(EF_AT_FULL_SELECTIVITY / selectivity**2)))
    if matching <= EXACT_UP_TO_WHERE_SPARSE:
        return DensePlan(Plan.EXACT, 0)
    return DensePlan(Plan.ACORN, max(ACORN_EF, beam))
