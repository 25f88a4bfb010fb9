from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits
from ragstone.engine.parsing.markdown import parse_markdown
from ragstone.engine.parsing.problems import DocumentTooLarge
from ragstone.engine.parsing.text_writer import TextWriter

TEXTS = st.text(max_size=12) | st.sampled_from(["", " \n", "\u0301x", "a\r\nb", "  code\n", "\ufeff", "نص عربي"])
STEPS = st.lists(st.tuples(st.sampled_from([*BlockKind, "page", "leave"]), TEXTS, st.integers(0, 3)), max_size=20)


def blocks(document: ParsedDocument) -> list[tuple[BlockKind, str, tuple[str, ...]]]:
    return [(block.kind, document.text[block.start_char : block.end_char], block.headings) for block in document.blocks]


def pages(document: ParsedDocument) -> list[str]:
    return [document.text[page.start_char : page.end_char] for page in document.pages]


@given(STEPS)
def test_whatever_is_written_spans_are_sound_and_the_text_is_canonical(
    assert_sound: Callable[[ParsedDocument], None], limits: ParseLimits, steps: list[tuple[BlockKind | str, str, int]]
) -> None:
    writer = TextWriter(limits)
    for kind, text, level in steps:
        if kind == "page":
            writer.begin_page()
        elif kind == "leave":
            writer.leave_sections()
        elif kind is BlockKind.HEADING:
            writer.heading(level, text)
        else:
            writer.block(BlockKind(kind), text)
    document = writer.finish()
    assert_sound(document)
    assert document.text == canonical_text(document.text)
    assert len(document.pages) == sum(kind == "page" for kind, _, _ in steps)


def test_blocks_stand_under_the_headings_that_are_open(limits: ParseLimits) -> None:
    writer = TextWriter(limits)
    writer.heading(1, "One\n line")
    writer.heading(2, "Two")
    writer.block(BlockKind.LIST_ITEM, "a")
    writer.block(BlockKind.LIST_ITEM, "b")
    writer.leave_sections()
    writer.block(BlockKind.CODE, "\n  x\n    y\n")
    document = writer.finish("Title", {"author": "A"})
    assert document.text == "One line\n\nTwo\n\na\nb\n\n  x\n    y"
    assert blocks(document) == [
        (BlockKind.HEADING, "One line", ()),
        (BlockKind.HEADING, "Two", ("One line",)),
        (BlockKind.LIST_ITEM, "a", ("One line", "Two")),
        (BlockKind.LIST_ITEM, "b", ("One line", "Two")),
        (BlockKind.CODE, "x\n    y", ()),
    ]
    assert (document.title, document.metadata, writer.first_heading) == ("Title", {"author": "A"}, "One line")


def test_pages_hold_their_blocks_and_an_empty_page_holds_nothing(limits: ParseLimits) -> None:
    writer = TextWriter(limits)
    writer.begin_page()
    writer.begin_page()
    writer.block(BlockKind.PARAGRAPH, "a")
    writer.block(BlockKind.PARAGRAPH, "b")
    writer.begin_page()
    writer.begin_page()
    writer.table([["n", "v"], ["c", "1"]], n_header_rows=1)
    assert pages(writer.finish()) == ["", "a\n\nb", "", "n: c | v: 1"]


def test_sections_of_a_level_end_alone(limits: ParseLimits) -> None:
    writer = TextWriter(limits)
    writer.heading(1, "One")
    writer.heading(2, "Two")
    writer.leave_sections(2)
    writer.block(BlockKind.PARAGRAPH, "text")
    assert blocks(writer.finish())[-1] == (BlockKind.PARAGRAPH, "text", ("One",))


def test_another_document_is_embedded_under_the_headings_that_are_open(limits: ParseLimits) -> None:
    writer = TextWriter(limits)
    writer.begin_page()
    writer.heading(1, "inner.md")
    writer.embed(parse_markdown(b"# Title\n\ntext\n"))
    writer.embed(parse_markdown(b"\n"))
    document = writer.finish()
    assert TextWriter(limits).is_empty > writer.is_empty
    assert blocks(document) == [
        (BlockKind.HEADING, "inner.md", ()),
        (BlockKind.HEADING, "# Title", ("inner.md",)),
        (BlockKind.PARAGRAPH, "text", ("inner.md", "Title")),
    ]
    assert pages(document) == ["inner.md\n\n# Title\n\ntext"]


def test_metadata_without_a_value_are_left_out(limits: ParseLimits) -> None:
    assert TextWriter(limits).finish("", {"author": "", "cc": (), "rows": 0}).metadata == {"rows": 0}


def test_a_limit_is_met_while_writing() -> None:
    writer = TextWriter(ParseLimits(max_pages=1, max_chars=5))
    writer.begin_page()
    writer.block(BlockKind.PARAGRAPH, "four")
    with pytest.raises(DocumentTooLarge):
        writer.block(BlockKind.PARAGRAPH, "x")
    with pytest.raises(DocumentTooLarge):
        writer.begin_page()
