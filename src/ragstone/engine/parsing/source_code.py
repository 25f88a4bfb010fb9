"""Source code in any language: the canonical text is the file itself, cut where a definition at the margin begins."""

import re
from collections.abc import Iterator
from typing import Final

from ragstone.engine.parsing.canonical import canonical_text, iter_lines, trim
from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.document import Block, BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions

_OPENS: Final = re.compile(r"[^\s)\]}]")
"""What a line at the margin begins with that may begin a definition: neither space nor a closing bracket."""

_GOES_ON: Final = re.compile(r"(?:else|elif|elsif|except|finally|catch|rescue|ensure|end|fi|done|esac|then|do|in)\b")
_MIN_CHARS: Final = 200


def parse_code(content: bytes, options: ParseOptions, media_type: str) -> ParsedDocument:
    """A file of source code in any encoding, as blocks that begin after a blank line, at the margin.

    Short neighbours (imports, constants) share a block. Raises `DocumentCorrupt` for bytes that are no text.
    """
    text = canonical_text(decode(content, media_type))
    options.limits.check(n_chars=len(text))
    return ParsedDocument(text, tuple(_iter_blocks(text)))


def _iter_blocks(text: str) -> Iterator[Block]:
    start = 0
    for line_start in _iter_starts(text):
        if line_start - start >= _MIN_CHARS:
            yield _block(text, start, line_start)
            start = line_start
    if text[start:].strip():
        yield _block(text, start, len(text))


def _iter_starts(text: str) -> Iterator[int]:
    """Where a line at the margin follows a blank one."""
    is_after_blank = False
    for line_start, line_end in iter_lines(text):
        first, last = trim(text, line_start, line_end)
        if (
            is_after_blank
            and first == line_start < last
            and _OPENS.match(text, first)
            and not _GOES_ON.match(text, first)
        ):
            yield line_start
        is_after_blank = first == last


def _block(text: str, start: int, end: int) -> Block:
    return Block(BlockKind.CODE, *trim(text, start, end))
