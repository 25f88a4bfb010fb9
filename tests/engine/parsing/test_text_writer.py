from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import Block, BlockKind, PageRange, ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits
from ragstone.engine.parsing.plain import parse_plain
from ragstone.engine.parsing.problems import DocumentTooLarge
from ragstone.engine.parsing.text_writer import TextWriter


def test_blocks_stand_under_the_headings_before_them(limits: ParseLimits) -> None:
    writer = TextWriter(limits)
    writer.heading(1, "Part\n one")
    writer.heading(2, "Chapter")
    writer.add(BlockKind.PARAGRAPH, " text\r\n")
    writer.leave(2)
    writer.add(BlockKind.TABLE_ROW, "a")
    writer.add(BlockKind.TABLE_ROW, "b")
    document = writer.document("Title", {"author": "", "rows": 0, "sheets": ()})
    assert document.text == "Part one\n\nChapter\n\ntext\n\na\nb"
    assert [block.headings for block in document.blocks] == [
        (),
        ("Part one",),
        ("Part one", "Chapter"),
        ("Part one",),
        ("Part one",),
    ]
    assert document.title == "Title"
    assert document.metadata == {"rows": 0}


def test_pages_hold_what_was_written_on_them(limits: ParseLimits) -> None:
    writer = TextWriter(limits)
    writer.begin_page()
    writer.add(BlockKind.PARAGRAPH, "one")
    writer.begin_page()
    writer.begin_page()
    writer.add(BlockKind.PARAGRAPH, "three")
    assert writer.document().pages == (PageRange(1, 0, 3), PageRange(2, 3, 3), PageRange(3, 3, 10))


def test_another_document_is_embedded_under_the_present_headings(limits: ParseLimits) -> None:
    writer = TextWriter(limits)
    writer.heading(1, "inner.txt")
    writer.embed(parse_plain(b"one\n\ntwo\n"))
    writer.embed(parse_plain(b""))
    document = writer.document()
    assert document.text == "inner.txt\n\none\n\ntwo"
    assert document.blocks[2] == Block(BlockKind.PARAGRAPH, 16, 19, ("inner.txt",))


def test_a_text_over_the_limit_is_refused_while_it_is_written() -> None:
    writer = TextWriter(ParseLimits(max_pages=1, max_chars=5))
    writer.add(BlockKind.PARAGRAPH, "12345")
    with pytest.raises(DocumentTooLarge):
        writer.add(BlockKind.PARAGRAPH, "6")
    writer = TextWriter(ParseLimits(max_pages=1, max_chars=5))
    writer.begin_page()
    with pytest.raises(DocumentTooLarge):
        writer.begin_page()


@given(st.lists(st.tuples(st.sampled_from(BlockKind), st.integers(1, 4), st.text(max_size=20))))
def test_any_texts_make_a_sound_document(
    assert_sound: Callable[[ParsedDocument], None], pieces: list[tuple[BlockKind, int, str]]
) -> None:
    writer = TextWriter(ParseLimits(max_pages=10, max_chars=10_000))
    for kind, level, text in pieces:
        if kind is BlockKind.HEADING:
            writer.heading(level, text)
        else:
            writer.add(kind, text)
    assert_sound(writer.document())
