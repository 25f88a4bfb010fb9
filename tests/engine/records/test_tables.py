"""Tables are read as they arrive, however they are cut into pieces."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.records.record import FieldInvalid
from ragstone.engine.records.tables import TableInvalid, TableReader

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


def read(pieces: Iterable[str], delimiter: str | None = ",", max_chars: int = 10_000) -> Iterator[tuple[int, Any]]:
    reader = TableReader(delimiter, max_chars)
    for piece in pieces:
        yield from reader.feed(piece)
    yield from reader.finish()


def cut(text: str, places: list[int]) -> list[str]:
    ends = sorted({place % (len(text) + 1) for place in places} | {0, len(text)})
    return [text[start:end] for start, end in pairwise(ends)]


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6),
    st.lists(st.integers(0, 10_000), max_size=8),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_as_a_table_is_read_back_in_any_pieces(
    rows: list[list[str]], places: list[int], delimiter: str, end: str
) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator=end).writerows([["a", "b", "c"], *rows])
    found = list(read(cut(written.getvalue(), places), delimiter))
    assert [list(record.values()) for _, record in found] == rows


def test_records_know_the_line_they_begin_on() -> None:
    text = 'id,note\n1,"two\nlines"\n\n2,one\n'
    assert list(read([text])) == [(2, {"id": "1", "note": "two\nlines"}), (5, {"id": "2", "note": "one"})]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_header(delimiter: str) -> None:
    text = f"id{delimiter}name\n1{delimiter}Smith"
    assert list(read([text], delimiter=None)) == [(2, {"id": "1", "name": "Smith"})]


def test_a_row_that_does_not_fit_the_header_is_told_of_and_reading_goes_on() -> None:
    found = list(read(["a,b\n1,2\n3\n4,5,6\n7,8\n"]))
    assert [line for line, _ in found] == [2, 3, 4, 5]
    assert [isinstance(record, FieldInvalid) for _, record in found] == [False, True, True, False]


@pytest.mark.parametrize(
    ("text", "line"), [("", 1), ("a,a\n1,2\n", 1), ('a,b\n1,"open\n', 2), ('a,b\n1,2\n1,"x"y\n', 3)]
)
def test_what_is_no_table_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(TableInvalid) as caught:
        list(read([text]))
    assert caught.value.line == line


def test_a_row_may_not_grow_without_end() -> None:
    with pytest.raises(TableInvalid, match="longer"):
        list(read(["a,b\n", '1,"', *["x" * 50 + "\n"] * 10], max_chars=200))
    with pytest.raises(TableInvalid, match="longer"):
        list(read(["a,b\n", *["x" * 50] * 10], max_chars=200))
