from ragstone.engine.parsing.document import BlockKind
from ragstone.engine.parsing.pdf_layout import Bookmark, Page, lay_out
from ragstone.engine.parsing.pdf_text import Line

BODY = "body text that is much longer than any heading on the page would be, and goes on for a while"


def test_a_first_line_without_a_place_begins_the_first_block() -> None:
    page = Page((Line("margin"), Line(BODY, 0, 100, 10), Line("Heading", 0, 50, 20)))
    text, blocks, pages = lay_out([page], [])
    assert [text[block.start_char : block.end_char] for block in blocks] == [f"margin\n{BODY}", "Heading"]
    assert (pages[0].start_char, pages[0].end_char) == (0, len(text))


def test_raised_signs_and_cells_stay_with_their_row() -> None:
    lines = (Line("E = mc", 0, 100, 10), Line("2", 40, 104, 6), Line("holds", 60, 100, 10), Line("here.", 0, 88, 10))
    text, blocks, _ = lay_out([Page(lines)], [])
    assert [text[block.start_char : block.end_char] for block in blocks] == ["E = mc\n2\nholds\nhere."]


def test_a_wider_gap_or_an_indent_after_a_sentence_begins_a_paragraph() -> None:
    lines = (
        Line("One", 0, 100, 10),
        Line("goes on.", 0, 88, 10),
        Line("Two is indented", 15, 76, 10),
        Line("and goes on", 0, 64, 10),
        Line("Three is apart", 0, 44, 10),
    )
    text, blocks, _ = lay_out([Page(lines)], [])
    assert [text[block.start_char : block.end_char].partition(" ")[0] for block in blocks] == [
        "One\ngoes",
        "Two",
        "Three",
    ]


def test_bookmarks_outrank_sizes() -> None:
    lines = (Line("Large", 0, 100, 30), Line("1.2 Named", 0, 50, 10), Line(BODY, 0, 20, 10))
    _, blocks, _ = lay_out([Page(lines)], [Bookmark(0, 2, "Named")])
    assert [block.kind for block in blocks] == [BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.PARAGRAPH]
    assert blocks[2].headings == ("1.2 Named",)
