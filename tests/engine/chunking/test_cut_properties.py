"""What holds of the chunks of any document, by any strategy and tokenizer."""

import re
from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.chunking.chunk import Chunk, ChunkingOptions, Strategy
from ragstone.engine.chunking.cut import cut
from ragstone.engine.chunking.graphemes import is_boundary
from ragstone.engine.chunking.units import TokenOffsets
from ragstone.engine.chunking.words import word_offsets
from ragstone.engine.parsing.document import Block, BlockKind, PageRange, ParsedDocument


def byte_offsets(text: str) -> list[tuple[int, int]]:
    """A token for each byte, as byte-level models have at worst; white space counts."""
    return [(index, index + 1) for index, character in enumerate(text) for _ in character.encode()]


def spaced_offsets(text: str) -> list[tuple[int, int]]:
    """A word with the white space before it, as sentence-piece models have it."""
    return [match.span() for match in re.finditer(r"\s*\S{1,5}|\s+", text)]


def unknown_offsets(text: str) -> list[tuple[int, int]]:
    """A token for each word, however long."""
    return [match.span() for match in re.finditer(r"\S+", text)]


WORDS = st.sampled_from(
    [
        "one",
        "two.",
        "Three",
        "naïve",
        "e\u0301te\u0301",
        "مُحَمَّد",
        "القطار؟",
        "👨‍👩‍👧‍👦",
        "👍🏽",
        "🇪🇬🇸🇦",
        "क्षि",
        "北京。",
        "x" * 40,
        "a.b.c",
        "\u200b",
    ]
)
SPACES = st.sampled_from([" ", "  ", "\n", "\n\n", " \u00a0", "\r\n"])
TEXTS = st.lists(st.tuples(WORDS, SPACES), max_size=25).map(lambda parts: "".join(map("".join, parts)))
HEADINGS = st.lists(st.sampled_from(["A", "B"]), max_size=2).map(tuple)


@st.composite
def documents(draw: st.DrawFn) -> ParsedDocument:
    text, blocks = "", []
    parts = draw(st.lists(st.tuples(st.sampled_from(BlockKind), TEXTS | st.text(max_size=30), HEADINGS), max_size=6))
    for kind, part, headings in parts:
        blocks.append(Block(kind, len(text), len(text) + len(part), headings))
        text += part + draw(SPACES)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=3)) | {0, len(text)})
    pages = tuple(PageRange(number, *bounds) for number, bounds in enumerate(pairwise(cuts), 1))
    return ParsedDocument(text, tuple(blocks), pages)


OPTIONS = st.builds(
    ChunkingOptions,
    max_tokens=st.integers(1, 30),
    overlap_tokens=st.integers(0, 12),
    strategy=st.sampled_from(get_args(Strategy)),
    window_sentences=st.integers(1, 4),
    rows_per_chunk=st.integers(1, 3),
)
TOKENIZERS = st.sampled_from([word_offsets, byte_offsets, spaced_offsets, unknown_offsets])


def is_one_cluster(text: str) -> bool:
    return not any(is_boundary(text, index) for index in range(1, len(text)))


@given(documents(), OPTIONS, TOKENIZERS)
def test_chunks_are_trimmed_slices_of_the_text_in_order(
    document: ParsedDocument, options: ChunkingOptions, tokenizer: TokenOffsets
) -> None:
    chunks = cut(document, options, tokenizer)
    raw = document.text.encode()
    for chunk in chunks:
        assert chunk.text == document.text[chunk.span.start_char : chunk.span.end_char]
        assert chunk.text.encode() == raw[chunk.span.start_byte : chunk.span.end_byte]
        assert chunk.text == chunk.text.strip() != ""
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    for before, after in pairwise(chunks):
        assert before.span.start_char < after.span.start_char
        assert before.span.end_char < after.span.end_char


@given(documents(), OPTIONS, TOKENIZERS)
def test_every_character_but_white_space_is_in_a_chunk(
    document: ParsedDocument, options: ChunkingOptions, tokenizer: TokenOffsets
) -> None:
    covered = set[int]()
    for chunk in cut(document, options, tokenizer):
        covered.update(range(chunk.span.start_char, chunk.span.end_char))
    assert all(character.isspace() or index in covered for index, character in enumerate(document.text))


@given(documents(), OPTIONS, TOKENIZERS)
def test_no_chunk_has_more_tokens_than_it_may_unless_it_is_one_cluster(
    document: ParsedDocument, options: ChunkingOptions, tokenizer: TokenOffsets
) -> None:
    for chunk in cut(document, options, tokenizer):
        assert chunk.n_tokens <= options.max_tokens or is_one_cluster(chunk.text)
        assert len(tokenizer(chunk.text)) <= chunk.n_tokens


@given(documents(), OPTIONS, TOKENIZERS)
def test_no_chunk_cuts_a_grapheme_cluster(
    document: ParsedDocument, options: ChunkingOptions, tokenizer: TokenOffsets
) -> None:
    edges = {block.start_char for block in document.blocks} | {block.end_char for block in document.blocks}
    for chunk in cut(document, options, tokenizer):
        for edge in (chunk.span.start_char, chunk.span.end_char):
            assert edge in edges or is_boundary(document.text, edge)


@given(documents(), OPTIONS, TOKENIZERS)
def test_neighbours_share_no_more_than_the_overlap(
    document: ParsedDocument, options: ChunkingOptions, tokenizer: TokenOffsets
) -> None:
    for before, after in pairwise(cut(document, options, tokenizer)):
        shared = document.text[after.span.start_char : before.span.end_char].strip()
        assert len(tokenizer(shared)) <= options.overlap_tokens


@given(documents(), OPTIONS, TOKENIZERS)
def test_pages_hold_the_ends_of_the_chunk(
    document: ParsedDocument, options: ChunkingOptions, tokenizer: TokenOffsets
) -> None:
    starts = [page.start_char for page in document.pages]
    for chunk in cut(document, options, tokenizer):
        assert chunk.page_start == bisect_right(starts, chunk.span.start_char)
        assert chunk.page_end == bisect_right(starts, chunk.span.end_char - 1)


@given(documents(), OPTIONS)
def test_a_chunk_is_all_heading_only_if_the_next_word_has_no_room_in_it(
    document: ParsedDocument, options: ChunkingOptions
) -> None:
    by_structure = replace(options, strategy="structure")
    for chunk, after in pairwise(cut(document, by_structure, word_offsets)):
        if _is_all_heading(chunk, document) and not _is_all_heading(after, document):
            next_word = after.text.split()[0]
            assert chunk.n_tokens + max(len(next_word) / 32, len(word_offsets(next_word))) > options.max_tokens


@given(documents(), OPTIONS, TOKENIZERS)
def test_each_block_is_tokenised_once_unless_a_word_is_too_long(
    document: ParsedDocument, options: ChunkingOptions, tokenizer: TokenOffsets
) -> None:
    seen = []

    def counting(text: str) -> list[tuple[int, int]]:
        seen.append(text)
        return list(tokenizer(text))

    first = cut(document, options, counting)
    n_blocks = sum(not document.text[block.start_char : block.end_char].isspace() for block in document.blocks)
    assert sum(len(text.split()) > 1 for text in seen) <= n_blocks
    assert cut(document, options, counting) == first


def _is_all_heading(chunk: Chunk, document: ParsedDocument) -> bool:
    return all(
        block.kind is BlockKind.HEADING
        for block in document.blocks
        if block.start_char < chunk.span.end_char and chunk.span.start_char < block.end_char
    )
