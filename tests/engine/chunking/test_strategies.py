from dataclasses import replace
from typing import Final

from ragstone.engine.chunking.chunk import ChunkingOptions, Strategy
from ragstone.engine.chunking.cut import cut
from ragstone.engine.chunking.words import word_offsets
from ragstone.engine.parsing.document import Block, BlockKind, ParsedDocument

OPTIONS: Final = ChunkingOptions(max_tokens=100, overlap_tokens=0)


def document(*lines: tuple[BlockKind, str]) -> ParsedDocument:
    blocks, position = [], 0
    for kind, text in lines:
        blocks.append(Block(kind, position, position + len(text)))
        position += len(text) + 1
    return ParsedDocument("\n".join(text for _, text in lines), tuple(blocks))


def texts(document: ParsedDocument, strategy: Strategy, options: ChunkingOptions = OPTIONS) -> list[str]:
    return [chunk.text for chunk in cut(document, replace(options, strategy=strategy), word_offsets)]


PROSE: Final = document((BlockKind.HEADING, "Title"), (BlockKind.PARAGRAPH, "One two. Three four. Five six. Seven."))
TABLE: Final = document(
    (BlockKind.PARAGRAPH, "Who came"),
    (BlockKind.TABLE_ROW, "Name: Ada | Age: 36"),
    (BlockKind.TABLE_ROW, "Name: ليلى | Age: 41"),
    (BlockKind.TABLE_ROW, "Name: Bob | Age: 7"),
    (BlockKind.PARAGRAPH, "Nobody else."),
)


def test_fixed_windows_cross_every_border_of_the_structure() -> None:
    assert texts(PROSE, "fixed", ChunkingOptions(4, 0)) == ["Title\nOne two.", "Three four. Five", "six. Seven."]


def test_fixed_windows_overlap_by_tokens() -> None:
    words = document((BlockKind.PARAGRAPH, "a b c d e f g"))
    assert texts(words, "fixed", ChunkingOptions(4, 2)) == ["a b c d", "c d e f", "e f g"]


def test_a_sentence_window_slides_sentence_by_sentence_where_the_overlap_has_room() -> None:
    assert texts(PROSE, "sentences", ChunkingOptions(20, 10, window_sentences=2)) == [
        "Title\nOne two.",
        "One two. Three four.",
        "Three four. Five six.",
        "Five six. Seven.",
    ]


def test_a_sentence_window_never_crosses_a_heading() -> None:
    two = document((BlockKind.PARAGRAPH, "One."), (BlockKind.HEADING, "Next"), (BlockKind.PARAGRAPH, "Two."))
    assert texts(two, "sentences") == ["One.", "Next\nTwo."]


def test_each_row_is_a_chunk_and_the_text_around_is_cut_by_structure() -> None:
    assert texts(TABLE, "rows") == TABLE.text.split("\n")


def test_rows_share_chunks_up_to_the_wanted_number() -> None:
    found = texts(TABLE, "rows", replace(OPTIONS, rows_per_chunk=2))
    assert found[1] == "Name: Ada | Age: 36\nName: ليلى | Age: 41"
    assert found[2] == "Name: Bob | Age: 7"


def test_a_row_that_is_too_long_is_divided() -> None:
    long = document((BlockKind.TABLE_ROW, "a b c d e f"), (BlockKind.TABLE_ROW, "g"))
    assert texts(long, "rows", ChunkingOptions(4, 0, rows_per_chunk=9)) == ["a b c d", "e f", "g"]
