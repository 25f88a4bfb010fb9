from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.media_types import CODE_TYPES
from ragstone.engine.parsing.parse import PARSERS
from ragstone.engine.parsing.source_code import parse_code

OPTIONS = ParseOptions(ParseLimits(max_pages=10, max_chars=1_000_000))
BODY = "    value = compute(first, second)\n\n    return value  # " + "x" * 200 + "\n"


def blocks_of(source: str) -> list[str]:
    document = parse_code(source.encode(), OPTIONS, "text/x-python")
    assert all(block.kind is BlockKind.CODE for block in document.blocks)
    return [document.text[block.start_char : block.end_char] for block in document.blocks]


def test_the_text_is_the_source_itself() -> None:
    source = "import os\n\n\ndef f():\n\treturn 1\n"
    assert parse_code(source.encode(), OPTIONS, "text/x-python").text == source


def test_blocks_begin_where_a_definition_follows_a_blank_line_at_the_margin() -> None:
    one, two = f"def one():\n{BODY}", f"@decorated\ndef two():\n{BODY}"
    assert blocks_of(f"import os\n\n{one}\n{two}\ntail = 1\n") == [
        f"import os\n\n{one}".rstrip(),
        two.rstrip(),
        "tail = 1",
    ]


def test_a_closing_bracket_and_an_else_go_on() -> None:
    source = f"if (x) {{\n{BODY}\n}}\n\nelse {{\n{BODY}\n}}\n"
    assert blocks_of(source) == [source.strip()]


def test_every_language_has_a_parser() -> None:
    assert PARSERS.keys() >= CODE_TYPES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1256"])
def test_comments_in_any_encoding_are_kept(encoding: str) -> None:
    source = "# هذا تعليق باللغة العربية يشرح ما تفعله هذه الدالة بالتفصيل\nx = 1\n"
    assert parse_code(source.encode(encoding), OPTIONS, "text/x-python").text == source


@given(
    st.lists(
        st.sampled_from(["def f():\n", "    x = 1\n", "\n", "}\n", "else:\n", "\t\n", "y" * 150 + "\n"]), max_size=30
    )
)
def test_any_lines_give_a_sound_document(assert_sound: Callable[[ParsedDocument], None], lines: list[str]) -> None:
    assert_sound(parse_code("".join(lines).encode(), OPTIONS, "text/x-python"))
