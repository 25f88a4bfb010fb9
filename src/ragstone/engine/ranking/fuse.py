"""Two legs to one order: by standardised scores, or by reciprocal ranks. It compares scores and reads no text."""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import fmean
from typing import Final

from ragstone.engine.ranking.hits import LegStanding, LegWeights, RankedHit
from ragstone.ports.search_index import IndexHit

RRF_K: Final = 60
_EQUAL: Final = LegWeights()


def fuse_zscore(
    dense: Sequence[IndexHit], lexical: Sequence[IndexHit], weights: LegWeights = _EQUAL
) -> tuple[RankedHit, ...]:
    """All hits, best first, by the weighted sum of their z-scores: how many standard deviations a hit's score lies
    above the mean of all candidates' on that leg.

    Both legs are to be asked for equally many hits. A chunk that a leg did not return counts as that leg's worst hit;
    but if the lexical leg has fewer hits than the dense one, it returned all it had, and the others score 0 there: so a
    word that one chunk alone has lifts it above the many that merely mean something like it. A leg without hits has no
    say. Equal scores are in order of chunk id.
    """
    legs = _standings(dense), _standings(lexical)
    candidates = sorted(legs[0].keys() | legs[1].keys())
    of_dense = _zscores(candidates, legs[0], _worst(dense))
    of_lexical = _zscores(candidates, legs[1], _worst(lexical) if len(lexical) >= len(dense) else 0.0)
    scores = [weights.dense * a + weights.lexical * b for a, b in zip(of_dense, of_lexical, strict=True)]
    return _ranked(dict(zip(candidates, scores, strict=True)), *legs)


def fuse_rrf(
    dense: Sequence[IndexHit], lexical: Sequence[IndexHit], weights: LegWeights = _EQUAL, k: int = RRF_K
) -> tuple[RankedHit, ...]:
    """All hits, best first, by the weighted sum of 1 / (k + rank); a leg that did not return a hit adds nothing.

    Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning Methods"
    (2009). Equal scores are in order of chunk id.
    """
    legs = _standings(dense), _standings(lexical)
    scores: dict[str, float] = {}
    for leg, weight in zip(legs, (weights.dense, weights.lexical), strict=True):
        for chunk_id, standing in leg.items():
            scores[chunk_id] = scores.get(chunk_id, 0.0) + weight / (k + standing.rank)
    return _ranked(scores, *legs)


def _standings(hits: Sequence[IndexHit]) -> dict[str, LegStanding]:
    return {hit.chunk_id: LegStanding(rank, hit.score) for rank, hit in enumerate(hits, start=1)}


def _worst(hits: Sequence[IndexHit]) -> float:
    return min((hit.score for hit in hits), default=0.0)


def _zscores(candidates: Sequence[str], leg: Mapping[str, LegStanding], absent: float) -> list[float]:
    """Each candidate's z-score, `absent` standing in for scores the leg does not have; all 0 if scores are equal."""
    scores = [leg[chunk_id].score if chunk_id in leg else absent for chunk_id in candidates]
    if not scores or min(scores) == max(scores):
        return [0.0] * len(scores)
    mean = fmean(scores)
    deviation = sqrt(fmean((score - mean) ** 2 for score in scores))
    return [(score - mean) / deviation for score in scores]


def _ranked(
    scores: Mapping[str, float], dense: Mapping[str, LegStanding], lexical: Mapping[str, LegStanding]
) -> tuple[RankedHit, ...]:
    order = sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))
    return tuple(
        RankedHit(chunk_id, scores[chunk_id], dense.get(chunk_id), lexical.get(chunk_id)) for chunk_id in order
    )
