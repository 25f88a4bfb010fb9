"""Builds a canonical text block by block, for formats whose text has to be put together from pieces."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ragstone.engine.parsing.canonical import canonical_text, trim
from ragstone.engine.parsing.document import Block, BlockKind, MetadataValue, PageRange, ParsedDocument
from ragstone.engine.parsing.headings import HeadingPath, above, titles, under_heading
from ragstone.engine.parsing.limits import ParseLimits
from ragstone.engine.parsing.table_rows import Slot, iter_row_texts

_RUN_KINDS: Final = frozenset({BlockKind.TABLE_ROW, BlockKind.LIST_ITEM})
_NO_METADATA: Final[Mapping[str, MetadataValue]] = MappingProxyType({})


class TextWriter:
    """Appends blocks and remembers where each of them stands; what was appended never changes.

    Every method that appends makes its text canonical, skips it if nothing but white space is left, and raises
    `DocumentTooLarge` as soon as the text goes over a limit.
    """

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._pages: list[tuple[int | None, int]] = []  # Start, unknown until the page has text, and end.
        self._path: HeadingPath = ()
        self._length = 0
        self.first_heading: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is no block yet."""
        return not self._blocks

    def heading(self, level: int, text: str) -> None:
        """A heading, on one line; it ends the sections of its level and deeper, and opens its own."""
        title = " ".join(canonical_text(text).split())
        if not title:
            return
        self._path = above(self._path, level)
        self.block(BlockKind.HEADING, title)
        self._path = under_heading(self._path, level, title)
        self.first_heading = self.first_heading or titles(self._path)[-1]

    def leave_sections(self, level: int = 1) -> None:
        """Ends the open sections of `level` and deeper, without a heading of what follows."""
        self._path = above(self._path, level)

    def block(self, kind: BlockKind, text: str) -> None:
        """A block under the headings that are open. The indentation of code stays; any other block is trimmed."""
        text = canonical_text(text).rstrip()
        text = text.lstrip("\n") if kind is BlockKind.CODE else text.lstrip()
        start, end = trim(text, 0, len(text))
        if start == end:
            return
        self._append(text, [Block(kind, start, end)])

    def embed(self, document: ParsedDocument) -> int:
        """All blocks of another document, under the headings that are open. Its pages and metadata stay behind.

        Its text begins at the character that is returned.
        """
        if not document.blocks:
            return self._length
        text = document.text.rstrip()
        self._append(text, document.blocks)
        return self._length - len(text)

    def table(self, rows: Sequence[Sequence[Slot]], n_header_rows: int) -> None:
        """A table, each of its rows a block that carries its header (see `iter_row_texts`)."""
        for text in iter_row_texts(rows, n_header_rows):
            self.block(BlockKind.TABLE_ROW, text)

    def begin_page(self) -> None:
        """What follows is on a new page; headings stay open."""
        self._pages.append((None, self._length))
        self._limits.check(n_pages=len(self._pages))

    def finish(self, title: str | None = None, metadata: Mapping[str, MetadataValue] = _NO_METADATA) -> ParsedDocument:
        """The document written so far. Metadata without a value are left out."""
        pages = tuple(
            PageRange(number, end if start is None else start, end)
            for number, (start, end) in enumerate(self._pages, start=1)
        )
        known = {name: value for name, value in metadata.items() if value not in ("", ())}
        return ParsedDocument("".join(self._parts), tuple(self._blocks), pages, title or None, known)

    def _append(self, text: str, blocks: Sequence[Block]) -> None:
        """Append a text; `blocks` stand where they do in it."""
        if self._blocks:
            is_run = blocks[0].kind in _RUN_KINDS and self._blocks[-1].kind is blocks[0].kind
            self._put("\n" if is_run else "\n\n")
        start, path = self._length, titles(self._path)
        self._put(text)
        self._limits.check(n_chars=self._length)
        if self._pages:
            page_start = self._pages[-1][0]
            self._pages[-1] = (start if page_start is None else page_start, self._length)
        self._blocks.extend(
            Block(block.kind, start + block.start_char, start + block.end_char, (*path, *block.headings))
            for block in blocks
        )

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
