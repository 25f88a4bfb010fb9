"""Plain text: paragraphs between blank lines, and the items of simple lists."""

import re
from collections.abc import Iterator
from typing import Final

from ragstone.engine.parsing.canonical import canonical_text, iter_lines, trim
from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.document import Block, BlockKind, ParsedDocument

LIST_MARKER: Final = re.compile(r"\s*(?:[-*+•‣▪●◦–]|\(?[0-9٠-٩]{1,3}[.)]|\(?[A-Za-z]\))\s+\S")  # noqa: RUF001 - lists use them.
"""The beginning of a line that opens a list item."""


def parse_plain(content: bytes) -> ParsedDocument:
    """A text file in any encoding. Raises `DocumentCorrupt` for bytes that are no text."""
    text = canonical_text(decode(content, "text/plain"))
    return ParsedDocument(text, tuple(_iter_blocks(text)))


def _iter_blocks(text: str) -> Iterator[Block]:
    kind, start, end = BlockKind.PARAGRAPH, 0, 0
    for line in iter_lines(text):
        line_start, line_end = trim(text, *line)
        is_item = LIST_MARKER.match(text, *line) is not None
        if (is_item or line_start == line_end) and start < end:
            yield Block(kind, start, end)
            start = end
        if line_start == line_end:
            continue
        if start == end:
            kind, start = BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH, line_start
        end = line_end
    if start < end:
        yield Block(kind, start, end)
