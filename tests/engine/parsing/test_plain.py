import codecs
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.plain import parse_plain
from ragstone.engine.parsing.problems import DocumentCorrupt

ENGLISH = "The quick brown fox jumps over the lazy dog.\n\nA second paragraph follows here.\n"
ARABIC = "تحسين الإنتاجية وحل المشكلات من خلال البرمجة\n\nتعتبر البرمجة من الأدوات القوية\n"


def slices(document: ParsedDocument) -> list[str]:
    return [document.text[block.start_char : block.end_char] for block in document.blocks]


@pytest.mark.parametrize("text", [ENGLISH, ARABIC])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_every_unicode_encoding_gives_the_same_text(text: str, encoding: str) -> None:
    assert parse_plain(text.encode(encoding)).text == text


def test_a_big_endian_byte_order_mark_is_honoured_and_left_out() -> None:
    assert parse_plain(codecs.BOM_UTF16_BE + ENGLISH.encode("utf-16-be")).text == ENGLISH


def test_the_letters_of_a_windows_code_page_are_recognised() -> None:
    text = ARABIC * 20
    assert parse_plain(text.encode("cp1256")).text == text


def test_paragraphs_end_at_blank_lines_and_keep_their_line_breaks() -> None:
    assert slices(parse_plain(b"  one\r\nstill one\r\n \r\n\ttwo \rend\n")) == ["one\nstill one", "two \nend"]


def test_list_items_are_blocks_with_their_continuation_lines() -> None:
    document = parse_plain(b"Needed:\n- salt\n  of the sea\n2) pepper\n\nDone.")
    assert slices(document) == ["Needed:", "- salt\n  of the sea", "2) pepper", "Done."]
    assert [block.kind for block in document.blocks] == [
        BlockKind.PARAGRAPH,
        BlockKind.LIST_ITEM,
        BlockKind.LIST_ITEM,
        BlockKind.PARAGRAPH,
    ]


def test_characters_are_composed_and_controls_removed() -> None:
    assert parse_plain("cafe\u0301\x07".encode()).text == "café"


@given(st.binary() | st.text().map(str.encode) | st.text().map(lambda text: text.encode("utf-16", "surrogatepass")))
def test_any_bytes_give_a_sound_document_or_are_called_corrupt(
    assert_sound: Callable[[ParsedDocument], None], content: bytes
) -> None:
    with suppress(DocumentCorrupt):
        assert_sound(parse_plain(content))
