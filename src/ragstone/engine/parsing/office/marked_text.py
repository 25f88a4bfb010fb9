"""Running text in which old formats mark the ends of paragraphs, cells and rows by one character each."""

import re
from typing import Final

from ragstone.engine.parsing.document import BlockKind
from ragstone.engine.parsing.plain import LIST_MARKER
from ragstone.engine.parsing.table_rows import Slot, count_header_rows
from ragstone.engine.parsing.text_writer import TextWriter

CELL_END: Final = "\x1e"
"""The end of a cell; paragraphs before it belong to the cell."""

ROW_END: Final = "\x1d"
"""The end of a row, and of its last cell if that has no end of its own."""


def write_marked_text(writer: TextWriter, text: str) -> None:
    """Writes paragraphs, list items told by their marker, and rows."""
    rows: list[list[Slot]] = []
    for line in _lines(text):
        if line.endswith(ROW_END):
            cells = line[:-1].split(CELL_END)
            rows.append([*(cells[:-1] if not cells[-1].strip() else cells)])
            continue
        if not line.strip():
            continue
        write_rows(writer, rows)
        for part in line.split(CELL_END):
            is_item = LIST_MARKER.match(part) is not None
            writer.block(BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH, part)
    write_rows(writer, rows)


def write_rows(writer: TextWriter, rows: list[list[Slot]]) -> None:
    """Writes the rows that were gathered, if any, as a table, and forgets them."""
    if rows:
        writer.table(rows, count_header_rows(rows))
        rows.clear()


def _lines(text: str) -> list[str]:
    """Paragraphs, and rows with their marks: a row begins where the first paragraph of its first cell does."""
    lines: list[str] = []
    for piece in re.split(f"(?<={ROW_END})", text):
        if not piece.endswith(ROW_END):
            lines.extend(piece.split("\n"))
            continue
        head, mark, tail = piece.partition(CELL_END)
        before, _, first = head.rpartition("\n")
        lines.extend(before.split("\n"))
        lines.append(first + mark + tail)
    return lines
