"""What a DOC says of its paragraphs: heading, list item, cell, end of a row (MS-DOC, sections 2.8.4 and 2.9.33)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_PAGE_BYTES: Final = 512
_SPRM_OPERAND_BYTES: Final = (1, 1, 2, 4, 2, 2, None, 3)
_IN_TABLE: Final = 0x2416
_ENDS_ROW: Final = 0x2417
_ENDS_INNER_ROW: Final = 0x244C
_OUTLINE_LEVEL: Final = 0x2640
_LIST: Final = 0x460B
_LONG_OPERANDS: Final = frozenset({0xD606, 0xD608})  # Definitions of tables, whose length has two bytes.
_HEADING_STYLES: Final = range(1, 10)  # The first styles of every file are the same.
_BODY_LEVEL: Final = 9


@dataclass(frozen=True, slots=True)
class ParagraphMark:
    """Of the paragraphs that end at bytes `[start, end)` of the main stream. `level` is None for all but headings."""

    start: int = 0
    end: int = 0
    level: int | None = None
    is_item: bool = False
    is_in_table: bool = False
    ends_row: bool = False


def read_marks(main: bytes, table: bytes) -> list[ParagraphMark]:
    """All marks of a file, in the order of the main stream."""
    position, size = struct.unpack_from("<II", main, 0x0102)
    n_pages = max(0, (size - 4) // 8)
    pages = struct.unpack_from(f"<{n_pages}I", table, position + 4 * (n_pages + 1)) if n_pages else ()
    return sorted(
        (mark for page in pages for mark in _iter_marks(main, (page & 0x3FFFFF) * _PAGE_BYTES)),
        key=lambda mark: mark.start,
    )


def _iter_marks(main: bytes, start: int) -> Iterator[ParagraphMark]:
    page = main[start : start + _PAGE_BYTES]
    if len(page) < _PAGE_BYTES:
        return
    n_runs = page[-1]
    offsets = struct.unpack_from(f"<{n_runs + 1}I", page, 0)
    for index in range(n_runs):
        place = page[4 * (n_runs + 1) + 13 * index] * 2
        yield _mark(offsets[index], offsets[index + 1], _properties(page, place) if place else b"")


def _properties(page: bytes, place: int) -> bytes:
    """The style and the properties at a place of a page; their length is counted in words, or in bytes one on."""
    if page[place]:
        return page[place + 1 : place + 2 * page[place]]
    return page[place + 2 : place + 2 + 2 * page[place + 1]]


def _mark(start: int, end: int, properties: bytes) -> ParagraphMark:
    style = struct.unpack_from("<H", properties)[0] if len(properties) > 1 else 0
    level = style if style in _HEADING_STYLES else None
    is_item = is_in_table = ends_row = False
    for code, operand in _iter_sprms(properties[2:]):
        if code == _OUTLINE_LEVEL:
            level = operand + 1 if operand < _BODY_LEVEL else None
        elif code == _LIST:
            is_item = operand != 0
        elif code == _IN_TABLE:
            is_in_table = bool(operand)
        elif code in {_ENDS_ROW, _ENDS_INNER_ROW}:
            ends_row = bool(operand)
    return ParagraphMark(start, end, level, is_item, is_in_table, ends_row)


def _iter_sprms(properties: bytes) -> Iterator[tuple[int, int]]:
    """Single properties with the first four bytes of what they are set to."""
    position = 0
    while position + 2 <= len(properties):
        code = struct.unpack_from("<H", properties, position)[0]
        position += 2
        size = _SPRM_OPERAND_BYTES[code >> 13]
        if size is None and code in _LONG_OPERANDS:
            size = int.from_bytes(properties[position : position + 2], "little") + 1
        elif size is None:
            size = properties[position] + 1 if position < len(properties) else 0
        yield code, int.from_bytes(properties[position : position + min(size, 4)], "little")
        position += size
