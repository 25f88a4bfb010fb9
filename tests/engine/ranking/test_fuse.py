from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.ranking.fuse import fuse_rrf, fuse_zscore
from ragstone.engine.ranking.hits import LegStanding, LegWeights, RankedHit
from ragstone.ports.search_index import IndexHit

Fuse = Callable[..., tuple[RankedHit, ...]]
BOTH = pytest.mark.parametrize("fuse", [fuse_zscore, fuse_rrf])
LEGS = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-1, 30).map(lambda score: round(score, 3))).map(
    lambda scores: leg(**scores)
)


def leg(**scores: float) -> tuple[IndexHit, ...]:
    order = sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))
    return tuple(IndexHit(chunk_id, scores[chunk_id]) for chunk_id in order)


def ids(hits: tuple[RankedHit, ...]) -> list[str]:
    return [hit.chunk_id for hit in hits]


@BOTH
@given(dense=LEGS, lexical=LEGS)
def test_fusion_keeps_every_hit_once_best_first_with_its_standings(
    fuse: Fuse, dense: tuple[IndexHit, ...], lexical: tuple[IndexHit, ...]
) -> None:
    fused = fuse(dense, lexical)
    assert sorted(ids(fused)) == sorted({hit.chunk_id for hit in (*dense, *lexical)})
    assert list(fused) == sorted(fused, key=lambda hit: (-hit.score, hit.chunk_id))
    for hits, name in ((dense, "dense"), (lexical, "lexical")):
        standings = {hit.chunk_id: getattr(hit, name) for hit in fused if getattr(hit, name) is not None}
        assert standings == {hit.chunk_id: LegStanding(rank, hit.score) for rank, hit in enumerate(hits, start=1)}


@BOTH
@given(only=LEGS)
def test_one_leg_alone_keeps_its_order(fuse: Fuse, only: tuple[IndexHit, ...]) -> None:
    expected = [hit.chunk_id for hit in only]
    assert ids(fuse(only, ())) == expected
    assert ids(fuse((), only)) == expected or fuse is fuse_zscore  # Its lexical scores may lie below the absent 0.


@BOTH
def test_a_chunk_good_on_both_legs_beats_one_that_is_best_on_one(fuse: Fuse) -> None:
    assert ids(fuse(leg(a=0.9, b=0.8, c=0.1), leg(d=9.0, b=8.0, c=1.0)))[0] == "b"


def test_a_word_found_in_one_chunk_alone_decides_among_many() -> None:
    dense = leg(**{f"c{number}": -float(number) for number in range(30)})
    assert ids(fuse_zscore(dense, leg(c29=12.0)))[0] == "c29"


def test_the_shape_of_scores_counts_and_not_their_scale() -> None:
    dense = leg(a=0.9, b=0.4, c=0.1)
    assert ids(fuse_zscore(dense, leg(c=3.0, b=2.0, a=1.0))) == ids(fuse_zscore(dense, leg(c=30.0, b=20.0, a=10.0)))


def test_a_leg_whose_scores_are_equal_has_no_say() -> None:
    assert ids(fuse_zscore(leg(a=0.1, b=0.1, c=0.1), leg(c=3.0, b=2.0, a=1.0))) == ["c", "b", "a"]


def test_weights_shift_the_order() -> None:
    dense, lexical = leg(a=0.9, b=0.1), leg(b=9.0, a=1.0)
    for fuse in (fuse_zscore, fuse_rrf):
        assert ids(fuse(dense, lexical, LegWeights(dense=2.0)))[0] == "a"
        assert ids(fuse(dense, lexical, LegWeights(lexical=2.0)))[0] == "b"


def test_reciprocal_ranks_add_up() -> None:
    fused = fuse_rrf(leg(a=0.9, b=0.8), leg(b=9.0))
    assert fused[0] == RankedHit("b", 1 / 62 + 1 / 61, LegStanding(2, 0.8), LegStanding(1, 9.0))
    assert fused[1] == RankedHit("a", 1 / 61, LegStanding(1, 0.9), None)


@BOTH
def test_no_hits_stay_none(fuse: Fuse) -> None:
    assert fuse((), ()) == ()
