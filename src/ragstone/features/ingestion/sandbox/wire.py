"""Messages between the server and the parser process: a short msgpack header, then raw bytes.

Bulk travels as raw columns of numbers and text, never as nested values: what arrives costs the reader no more memory
than a small multiple of its length, whoever wrote it. Nothing is ever unpickled.
"""

import struct
from array import array
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Final

import msgpack  # type: ignore[import-untyped]  # It has no stubs.

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.document import BlockKind, PageRange, ParsedDocument
from ragstone.engine.parsing.pdf_images import MAX_PIXELS

PREFIX: Final = struct.Struct("!IQ")
"""Lengths in bytes of the header and of the body that follow."""

OUT_OF_MEMORY_EXIT: Final = 77
"""Exit status of a parser process that did not get the memory it asked for."""

HEADER_MAX_BYTES: Final = 2**24
KINDS: Final = tuple(BlockKind)
MAX_BLOCKS: Final = 1_000_000
MAX_HEADING_DEPTH: Final = 32
MAX_METADATA: Final = 100
MAX_VALUES: Final = 20
"""Most values that one metadata field may list."""

MAX_PIXELS_AT_ONCE: Final = 2 * MAX_PIXELS
"""The most pixels of pictures in one answer."""

MAX_LABEL_CHARS: Final = 40
"""The longest label of a page."""

MAX_VALUE_CHARS: Final = 1000
"""The longest title, metadata value or fact that is passed on: the most there can be of them fit into a header."""


def message(header: Mapping[str, Any], body_bytes: int = 0) -> bytes:
    """All of a message but its body. Raises `ValueError` if the header is too long."""
    packed: bytes = msgpack.packb(header)
    if len(packed) > HEADER_MAX_BYTES:
        raise ValueError(f"a header of {len(packed)} bytes")
    return PREFIX.pack(len(packed), body_bytes) + packed


def read_prefix(prefix: bytes, body_max_bytes: int) -> tuple[int, int]:
    """Lengths of header and body. Raises `ValueError` if one is over its limit."""
    header_bytes, body_bytes = PREFIX.unpack(prefix)
    if header_bytes > HEADER_MAX_BYTES or body_bytes > body_max_bytes:
        raise ValueError(f"a message of {header_bytes} + {body_bytes} bytes")
    return header_bytes, body_bytes


def read_header(packed: bytes) -> dict[str, Any]:
    """The header. Raises `ValueError` if it is not msgpack, or not a map."""
    try:
        header = msgpack.unpackb(packed)
    except (ValueError, RecursionError, msgpack.UnpackException) as error:
        raise ValueError("a header that is not msgpack") from error
    if not isinstance(header, dict):
        raise ValueError("a header that is not a map")  # noqa: TRY004 -- A bad message is one kind of error.
    return header


def document_sections(document: ParsedDocument) -> tuple[bytes, bytes, bytes, bytes, bytes, bytes]:
    """The bulk of a document: text, blocks, pages, headings, titles, labels.

    Blocks are rows of four numbers: kind, start, end, heading; pages of three: number, start, end. Headings are rows
    of two, parent and length in characters, their titles stand one behind the other; heading 0 is the root. Labels are
    one line a page, where any page has one.
    """
    headings: dict[tuple[str, ...], int] = {(): 0}
    for block in document.blocks:
        for depth in range(1, min(len(block.headings), MAX_HEADING_DEPTH) + 1):
            headings.setdefault(block.headings[:depth], len(headings))
    paths = [path for path in headings if path]
    blocks = (
        (KINDS.index(block.kind), block.start_char, block.end_char, headings[block.headings[:MAX_HEADING_DEPTH]])
        for block in document.blocks
    )
    pages = ((page.number, page.start_char, page.end_char) for page in document.pages)
    rows = ((headings[path[:-1]], len(path[-1])) for path in paths)
    titles = "".join(path[-1] for path in paths)
    labels = "\n".join(_label(page) for page in document.pages) if any(page.label for page in document.pages) else ""
    return document.text.encode(), _column(blocks), _column(pages), _column(rows), titles.encode(), labels.encode()


def _label(page: PageRange) -> str:
    return " ".join(canonical_text(page.label or "").split())[:MAX_LABEL_CHARS].rstrip()


def _column(rows: Iterable[tuple[int, ...]]) -> bytes:
    return array("I", chain.from_iterable(rows)).tobytes()
