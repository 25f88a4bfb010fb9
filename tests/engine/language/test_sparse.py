from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.language.sparse import Bm25Options, passage_vector, query_vector
from ragstone.ports.vectors import SparseVector

TEXTS = st.lists(st.sampled_from(["tea", "coffee", "cups", "IL-6", "شاي", "قهوة", "茶"])).map(" ".join)


def weight(vector: SparseVector, term: str) -> float:
    return dict(zip(vector.indices, vector.values, strict=True)).get(crc32(term.encode()), 0.0)


@given(TEXTS, TEXTS)
def test_indices_are_sorted_without_repeats_and_fit_32_bits(text: str, title: str) -> None:
    for vector in (passage_vector(text, title), query_vector(text)):
        assert list(vector.indices) == sorted(set(vector.indices))
        assert len(vector.values) == len(vector.indices)
        assert all(0 <= index < 2**32 for index in vector.indices)
        assert all(value > 0 for value in vector.values)


def test_a_passage_of_average_length_has_the_weights_of_the_formula() -> None:
    options = Bm25Options(k1=1.0, b=0.5, average_terms=3.0)
    vector = passage_vector("tea tea coffee", options=options)
    assert weight(vector, "tea") == pytest.approx(2 * 2 / (2 + 1))
    assert weight(vector, "coffe") == pytest.approx(1 * 2 / (1 + 1))


def test_longer_passages_weigh_a_term_less() -> None:
    assert weight(passage_vector("tea" + " coffee" * 80), "tea") < weight(passage_vector("tea coffee"), "tea")


def test_a_term_of_the_title_counts_more_than_one_of_the_headings_and_that_more_than_none() -> None:
    plain = weight(passage_vector("tea leaves"), "tea")
    heading = weight(passage_vector("tea leaves", headings=["Tea"]), "tea")
    title = weight(passage_vector("tea leaves", title="Tea"), "tea")
    assert plain < heading < title
    assert title == weight(passage_vector("tea leaves", title="Tea", headings=["Tea"]), "tea")


def test_a_title_does_not_lengthen_the_passage() -> None:
    assert weight(passage_vector("tea", title="Hot drinks"), "tea") == weight(passage_vector("tea"), "tea")


def test_a_question_counts_how_often_each_term_is_asked_for() -> None:
    assert weight(query_vector("tea or green tea"), "tea") == 2.0


def test_text_without_terms_is_the_empty_vector() -> None:
    assert query_vector(" … ") == passage_vector("") == SparseVector((), ())
