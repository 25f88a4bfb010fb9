"""The way in: a document to its chunks, by one of the strategies."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from ragstone.engine.chunking.chunk import Chunk, ChunkingOptions, Strategy
from ragstone.engine.chunking.fixed import pack_tokens
from ragstone.engine.chunking.rows import pack_rows
from ragstone.engine.chunking.sentence_window import pack_sentences
from ragstone.engine.chunking.structure import heading_path, pack_sections
from ragstone.engine.chunking.units import Divider, TokenOffsets, Unit
from ragstone.engine.parsing.document import PageRange, ParsedDocument
from ragstone.engine.spans import SpanMap

_Packer: TypeAlias = Callable[[Iterable[Unit], Divider, ChunkingOptions], Iterator[list[Unit]]]

_PACKERS: Final[Mapping[Strategy, _Packer]] = MappingProxyType(
    {"structure": pack_sections, "fixed": pack_tokens, "sentences": pack_sentences, "rows": pack_rows}
)


def cut(document: ParsedDocument, options: ChunkingOptions, token_offsets: TokenOffsets) -> tuple[Chunk, ...]:
    """The document in chunks of at most `max_tokens` tokens, in order. It cuts, and never changes a character.

    Every character that is not white space is in a chunk, no grapheme cluster is cut, and the same document and options
    always make the same chunks. `n_tokens` leaves special tokens out, and is an upper bound where the tokenizer makes
    tokens of white space. It exceeds `max_tokens` in one case only: a chunk that is a single grapheme cluster with more
    tokens than that.
    """
    text = document.text
    divider = Divider(text, options.max_tokens, token_offsets)
    runs = _PACKERS[options.strategy](divider.blocks(document.blocks), divider, options)
    spans, pages = SpanMap(text), _Pages(document.pages)
    chunks = []
    for ordinal, run in enumerate(runs):
        start, end = run[0].start, run[-1].end
        first_page, last_page = pages.find_number(start), pages.find_number(end - 1)
        n_tokens = sum(unit.n_tokens for unit in run)
        span, headings = spans.span(start, end), heading_path(run, text)
        chunks.append(Chunk(ordinal, span, text[start:end], headings, first_page, last_page, n_tokens))
    return tuple(chunks)


class _Pages:
    """Finds the page of a character."""

    def __init__(self, pages: Sequence[PageRange]) -> None:
        self._pages = pages
        self._starts = [page.start_char for page in pages]

    def find_number(self, char: int) -> int | None:
        if not self._pages:
            return None
        return self._pages[max(0, bisect_right(self._starts, char) - 1)].number
