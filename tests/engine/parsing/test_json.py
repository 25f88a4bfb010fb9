import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.json_text import parse_json, parse_json_lines
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.problems import DocumentCorrupt

OPTIONS = ParseOptions(ParseLimits(max_pages=10, max_chars=1_000_000))


def blocks_of(document: ParsedDocument) -> list[tuple[BlockKind, str, tuple[str, ...]]]:
    return [(block.kind, document.text[block.start_char : block.end_char], block.headings) for block in document.blocks]


def test_fields_are_lines_and_nesting_is_headings() -> None:
    value = {"title": "Ticket", "open": True, "owner": {"name": "سارة", "team": None}, "tags": ["a", "b"]}
    document = parse_json(json.dumps(value).encode(), OPTIONS)
    assert document.title == "Ticket"
    assert blocks_of(document) == [
        (BlockKind.PARAGRAPH, "title: Ticket\nopen: true\ntags: a, b", ()),
        (BlockKind.HEADING, "owner", ()),
        (BlockKind.PARAGRAPH, "name: سارة", ("owner",)),
    ]


def test_lists_of_records_are_rows() -> None:
    value = {"items": [{"name": "Tea", "price": {"sar": 5}}, {"name": "Coffee", "price": {"sar": 9}, "tags": ["hot"]}]}
    assert blocks_of(parse_json(json.dumps(value).encode(), OPTIONS)) == [
        (BlockKind.HEADING, "items", ()),
        (BlockKind.TABLE_ROW, "name: Tea | price.sar: 5", ("items",)),
        (BlockKind.TABLE_ROW, "name: Coffee | price.sar: 9 | tags: hot", ("items",)),
    ]


def test_a_record_too_long_for_a_row_is_a_section_of_its_own() -> None:
    value = [{"name": "Long", "text": "word " * 1000, "n": 1}]
    kinds_and_paths = [(kind, path) for kind, _, path in blocks_of(parse_json(json.dumps(value).encode(), OPTIONS))]
    assert kinds_and_paths == [
        (BlockKind.HEADING, ()),
        (BlockKind.PARAGRAPH, ("Long",)),
        (BlockKind.HEADING, ("Long",)),
        (BlockKind.PARAGRAPH, ("Long", "text")),
    ]


def test_numbers_stay_as_they_are_written() -> None:
    huge = "9" * 6000
    document = parse_json(b'{"id": 123456789012345678901234567890, "price": 1.10, "e": 1E5}', OPTIONS)
    assert document.text == "id: 123456789012345678901234567890\nprice: 1.10\ne: 1E5"
    assert parse_json(huge.encode(), OPTIONS).text == huge


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_every_unicode_encoding_is_read(encoding: str) -> None:
    assert parse_json('{"المدينة": "الرياض"}'.encode(encoding), OPTIONS).text == "المدينة: الرياض"


@pytest.mark.parametrize("source", ["", "{", "{'a': 1}", "[1,]", "[" * 100_000, '{"a":' * 200 + "1" + "}" * 200])
def test_what_is_no_json_or_too_deep_is_corrupt(source: str) -> None:
    with pytest.raises(DocumentCorrupt):
        parse_json(source.encode(), OPTIONS)


def test_json_lines_are_rows_and_a_broken_line_is_kept_as_it_stands() -> None:
    document = parse_json_lines(b'{"a": 1, "b": "x"}\n\n{"a": 2}\n{"a": 3, \n', OPTIONS)
    assert blocks_of(document) == [
        (BlockKind.TABLE_ROW, "a: 1 | b: x", ()),
        (BlockKind.TABLE_ROW, "a: 2", ()),
        (BlockKind.PARAGRAPH, '{"a": 3,', ()),
    ]
    assert document.metadata == {"rows": 3}


def test_lines_that_are_mostly_no_json_are_corrupt() -> None:
    with pytest.raises(DocumentCorrupt):
        parse_json_lines(b'{"a": 1}\nprose\nand more prose\n', OPTIONS)


def values() -> st.SearchStrategy[object]:
    scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    )


@given(values())
def test_any_value_gives_a_sound_document(assert_sound: Callable[[ParsedDocument], None], value: object) -> None:
    content = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    assert_sound(parse_json(content, OPTIONS))
    assert_sound(parse_json_lines(content, OPTIONS))


@given(
    st.dictionaries(st.from_regex(r"[a-zق]{1,5}", fullmatch=True), st.integers() | st.lists(st.integers()), max_size=9)
)
def test_no_number_is_lost(value: dict[str, int | list[int]]) -> None:
    text = parse_json(json.dumps(value).encode(), OPTIONS).text
    numbers = [number for item in value.values() for number in (item if isinstance(item, list) else [item])]
    assert all(str(number) in text for number in numbers)


@given(st.binary(max_size=200) | st.text(st.sampled_from('{}[]":,a1 \n')).map(str.encode))
def test_any_bytes_are_read_or_called_corrupt(content: bytes) -> None:
    with suppress(DocumentCorrupt):
        parse_json(content, OPTIONS)
    with suppress(DocumentCorrupt):
        parse_json_lines(content, OPTIONS)
