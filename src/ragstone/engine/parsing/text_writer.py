"""Writes a canonical text block by block and remembers where each stands: for formats whose text is put together."""

from collections.abc import Mapping
from typing import Final

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.document import Block, BlockKind, MetadataValue, PageRange, ParsedDocument
from ragstone.engine.parsing.headings import HeadingPath, above, titles, under_heading
from ragstone.engine.parsing.limits import ParseLimits

_RUN_KINDS: Final = (BlockKind.TABLE_ROW, BlockKind.LIST_ITEM)


class TextWriter:
    """Blocks of a document, appended in reading order.

    Raises `DocumentTooLarge` as soon as the text goes over the limits.
    """

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._pages: list[PageRange] = []
        self._page_start: int | None = None
        self._path: HeadingPath = ()
        self._length = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written yet."""
        return not self._blocks

    def heading(self, level: int, title: str) -> None:
        """A heading, under which all blocks stand until one of its level or above. Level 1 is the outermost."""
        text = " ".join(canonical_text(title).split())
        self._path = above(self._path, level)
        if text:
            self._append(BlockKind.HEADING, text, titles(self._path))
            self._path = under_heading(self._path, level, text)

    def leave(self, level: int) -> None:
        """Ends the sections of `level` and deeper without a new heading."""
        self._path = above(self._path, level)

    def add(self, kind: BlockKind, text: str) -> None:
        """A block under the present headings; white space alone is left out."""
        if stripped := canonical_text(text).strip():
            self._append(kind, stripped, titles(self._path))

    def embed(self, document: ParsedDocument) -> None:
        """All blocks of another document, under the present headings. Its pages and metadata are left behind."""
        if not document.blocks:
            return
        self._separate(document.blocks[0].kind)
        here, path = self._length, titles(self._path)
        self._blocks.extend(
            Block(block.kind, here + block.start_char, here + block.end_char, (*path, *block.headings))
            for block in document.blocks
        )
        self._extend(document.text.rstrip())

    def begin_page(self) -> None:
        """What follows stands on the next page, slide or sheet."""
        self._end_page()
        self._limits.check(n_pages=len(self._pages) + 1)
        self._page_start = self._length

    def document(self, title: str | None = None, metadata: Mapping[str, MetadataValue] | None = None) -> ParsedDocument:
        """Everything written so far. `metadata` without empty values."""
        self._end_page()
        known = {name: value for name, value in (metadata or {}).items() if value not in ("", ())}
        return ParsedDocument("".join(self._parts), tuple(self._blocks), tuple(self._pages), title or None, known)

    def _end_page(self) -> None:
        if self._page_start is not None:
            self._pages.append(PageRange(len(self._pages) + 1, self._page_start, self._length))
            self._page_start = None

    def _append(self, kind: BlockKind, text: str, headings: tuple[str, ...]) -> None:
        self._separate(kind)
        self._blocks.append(Block(kind, self._length, self._length + len(text), headings))
        self._extend(text)

    def _separate(self, kind: BlockKind) -> None:
        if self._blocks:
            self._extend("\n" if kind in _RUN_KINDS and self._blocks[-1].kind is kind else "\n\n")

    def _extend(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        self._limits.check(n_chars=self._length)
