import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.ranking.hits import RankedHit
from ragstone.engine.ranking.mmr import diversify
from ragstone.ports.vectors import DenseVector


def hit(chunk_id: str, score: float) -> RankedHit:
    return RankedHit(chunk_id, score, None, None)


def vector(*values: float) -> DenseVector:
    return np.array(values, dtype=np.float32)


HITS = (hit("a", 3.0), hit("a2", 2.9), hit("b", 2.0), hit("c", 0.0))
VECTORS = {"a": vector(1, 0, 0), "a2": vector(1, 0, 0), "b": vector(0, 1, 0), "c": vector(0, 0, 1)}


def test_a_likeness_of_a_better_hit_waits_for_something_new() -> None:
    assert [chosen.chunk_id for chosen in diversify(HITS, VECTORS, 3, relevance_share=0.6)] == ["a", "b", "a2"]


def test_relevance_alone_keeps_the_order() -> None:
    assert diversify(HITS, VECTORS, 4, relevance_share=1.0) == HITS


def test_hits_without_vectors_are_like_no_other() -> None:
    assert [chosen.chunk_id for chosen in diversify(HITS, {"a": vector(1, 0)}, 4)] == ["a", "a2", "b", "c"]
    assert diversify(HITS, {}, 4) == HITS


@given(st.lists(st.floats(-5, 5), max_size=8), st.integers(0, 10), st.floats(0, 1))
def test_each_hit_is_chosen_at_most_once_and_no_more_than_asked_for(
    scores: list[float], limit: int, relevance_share: float
) -> None:
    hits = [hit(f"c{number}", score) for number, score in enumerate(scores)]
    vectors = {found.chunk_id: vector(np.cos(found.score), np.sin(found.score)) for found in hits}
    chosen = diversify(hits, vectors, limit, relevance_share)
    assert len({found.chunk_id for found in chosen}) == len(chosen) == min(limit, len(hits))


def test_no_hits_stay_none() -> None:
    assert diversify((), {}, 5) == ()
