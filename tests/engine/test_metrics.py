from collections.abc import Callable
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.metrics import Interval, bootstrap, ndcg, precision_at_1, recall, reciprocal_rank

RANKINGS = st.permutations("abcdef")
JUDGEMENTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 3).map(float), min_size=1)


def test_ndcg_discounts_linear_gains_by_rank() -> None:
    judgements = {"a": 2.0, "b": 1.0, "c": 0.0}
    assert ndcg("xab", judgements) == pytest.approx((2 / log2(3) + 1 / log2(4)) / (2 + 1 / log2(3)))


@given(RANKINGS, JUDGEMENTS)
def test_every_measure_lies_between_0_and_1(ranking: list[str], judgements: dict[str, float]) -> None:
    for measure in (ndcg, recall, reciprocal_rank, precision_at_1):
        assert 0 <= measure(ranking, judgements) <= 1 + 1e-12


@given(JUDGEMENTS)
def test_the_ideal_ranking_reaches_1(judgements: dict[str, float]) -> None:
    ideal = sorted(judgements, key=lambda item: -judgements[item])
    for measure in (ndcg, recall, reciprocal_rank, precision_at_1):
        assert measure(ideal, judgements) == pytest.approx(1)


def test_only_the_first_k_count() -> None:
    assert ndcg("xya", {"a": 1.0}, k=2) == 0
    assert recall("xab", {"a": 1.0, "b": 1.0}, k=2) == 0.5


def test_reciprocal_rank_is_that_of_the_first_relevant_item() -> None:
    assert reciprocal_rank("xab", {"a": 1.0, "b": 1.0}) == 0.5
    assert reciprocal_rank("xy", {"a": 1.0}) == 0


def test_precision_at_1_looks_at_the_first_item_only() -> None:
    assert precision_at_1("xa", {"a": 1.0}) == 0
    assert precision_at_1("", {"a": 1.0}) == 0


@pytest.mark.parametrize("measure", [ndcg, recall, reciprocal_rank, precision_at_1])
def test_a_question_without_relevant_items_measures_nothing(measure: Callable[..., float]) -> None:
    with pytest.raises(ValueError, match="nothing is judged relevant"):
        measure("ab", {"a": 0.0})


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 2**32))
def test_a_bootstrap_repeats_with_its_seed_and_holds_its_mean(values: list[float], seed: int) -> None:
    interval = bootstrap(values, seed, n_samples=50)
    assert interval == bootstrap(values, seed, n_samples=50)
    assert min(values) - 1e-9 <= interval.low <= interval.high <= max(values) + 1e-9


def test_more_values_make_a_narrower_interval() -> None:
    few, many = bootstrap([0.0, 1.0] * 10, seed=1), bootstrap([0.0, 1.0] * 1000, seed=1)
    assert many.high - many.low < few.high - few.low


def test_equal_values_have_no_spread() -> None:
    assert bootstrap([0.5] * 9, seed=3) == Interval(0.5, 0.5, 0.5)


def test_no_values_have_no_mean() -> None:
    with pytest.raises(ValueError, match="no values"):
        bootstrap([], seed=1)
