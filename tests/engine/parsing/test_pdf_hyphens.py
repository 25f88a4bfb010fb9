import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.pdf_hyphens import join_broken_words
from ragstone.engine.parsing.pdf_layout import Page
from ragstone.engine.parsing.pdf_text import Line


def joined(*lines: str) -> list[str]:
    (page,) = join_broken_words([Page(tuple(Line(line) for line in lines))])
    return [line.text for line in page.lines]


@pytest.mark.parametrize(
    ("lines", "whole"),
    [
        (("He was us-", "ing it, and"), ["He was using", "it, and"]),
        (("a re-", "deployment"), ["a redeployment"]),
        (("a well-", "known port", "as well-known"), ["a well-known", "port", "as well-known"]),
        (("the net-", "work, a network"), ["the network,", "a network"]),
        (("from Lon-", "Don only"), ["from Lon-", "Don only"]),
        (("pages 10-", "20 and"), ["pages 10-", "20 and"]),
        (("a d-", "dimensional x"), ["a d-", "dimensional x"]),
        (("see -", "below it"), ["see -", "below it"]),
    ],
)
def test_a_word_broken_at_the_end_of_a_line_is_whole(lines: tuple[str, ...], whole: list[str]) -> None:
    assert joined(*lines) == whole


def test_what_is_not_on_the_next_line_is_no_rest_of_a_word() -> None:
    lines = (
        Line("first col-", 0, 100, 10),
        Line("second column", 300, 700, 10),
        Line("x: y-", is_row=True),
        Line("zz"),
    )
    assert [line.text for line in join_broken_words([Page(lines)])[0].lines] == [line.text for line in lines]


@given(st.lists(st.text("ab- \n-A1", min_size=1).map(str.strip).filter(bool)))
def test_nothing_but_hyphens_and_line_ends_is_lost(lines: list[str]) -> None:
    def letters(texts: list[str]) -> str:
        return "".join("".join(texts).split()).replace("-", "")

    made = joined(*lines)
    assert letters(made) == letters(lines)
    assert all(made)
