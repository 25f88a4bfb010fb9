from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.answering.fit import Passage, fit


def passage(start: int, text: str, version_id: str = "ver_1") -> Passage:
    return Passage(version_id, start, start + len(text), "Title", ("Heading",), text, "en")


def test_markers_count_from_one_in_the_order_of_the_ranking() -> None:
    fitted = fit([passage(100, "Later text."), passage(0, "Early text.")], budget=100, max_sources=5)
    assert [(f.source.marker, f.source.text, f.passage_index) for f in fitted] == [
        (1, "Later text.", 0),
        (2, "Early text.", 1),
    ]


def test_a_passage_that_repeats_a_better_one_is_left_out_and_a_neighbour_is_not() -> None:
    passages = [passage(0, "a" * 100), passage(30, "b" * 100), passage(90, "c" * 100), passage(0, "d" * 100, "ver_2")]
    assert [f.passage_index for f in fit(passages, budget=1000, max_sources=5)] == [0, 2, 3]


def test_a_long_passage_makes_room_for_shorter_ones_behind_it() -> None:
    passages = [passage(0, "a" * 50), passage(100, "b" * 60), passage(200, "c" * 40)]
    assert [f.passage_index for f in fit(passages, budget=90, max_sources=5)] == [0, 2]


def test_the_first_passage_is_cut_after_the_last_sentence_that_fits() -> None:
    (only,) = fit([passage(0, "One sentence here. Another sentence there. A third one.")], budget=45, max_sources=5)
    assert only.source.text == "One sentence here. Another sentence there."


def test_nothing_fits_where_no_sentence_does() -> None:
    assert fit([passage(0, "One sentence here.")], budget=5, max_sources=5) == ()


def test_the_budget_may_be_counted_in_words() -> None:
    passages = [passage(0, "one two three"), passage(100, "four five six")]
    assert len(fit(passages, budget=5, max_sources=5, measure=lambda text: len(text.split()))) == 1


@given(st.lists(st.text(min_size=1, max_size=40), max_size=8), st.integers(0, 100), st.integers(0, 5))
def test_budget_and_number_are_never_exceeded(texts: list[str], budget: int, max_sources: int) -> None:
    passages = [passage(1000 * place, text) for place, text in enumerate(texts)]
    fitted = fit(passages, budget, max_sources)
    assert sum(len(f.source.text) for f in fitted) <= budget
    assert [f.source.marker for f in fitted] == list(range(1, len(fitted) + 1))
    assert len(fitted) <= max_sources
    assert all(passages[f.passage_index].text.startswith(f.source.text) for f in fitted)
