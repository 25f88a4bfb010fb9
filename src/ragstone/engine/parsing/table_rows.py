"""Rows of a table as texts that carry their header, so that a row found alone still says what its values are."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

Slot: TypeAlias = str | None
"""The text at one row and column of a table; None where a cell to the left is so wide that it covers the slot. A cell
that covers several rows has its text in each of them."""

_VALUE: Final = re.compile(r"[^\w]*\d[\d\s.,:/%+\u066b\u066c-]*\D{0,3}$|(?:true|false|yes|no)$", re.IGNORECASE)
_MAX_NAME_CHARS: Final = 80
_MIN_TEXT_COLUMNS: Final = 3  # Of two columns of words, the first as often names what is in the second.
_COMPARED_ROWS: Final = 50


def iter_row_texts(rows: Sequence[Sequence[Slot]], n_header_rows: int) -> Iterator[str]:
    """`Header: value | Header: value` of every row below the header, empty slots left out.

    Several rows of header are joined column by column. Without a header, and for a header with no row below it, a row
    is its values parted by ` | `. Rows without text are skipped.
    """
    names = _column_names(rows[:n_header_rows]) if n_header_rows < len(rows) else []
    for row in rows[n_header_rows if names else 0 :]:
        if text := row_text(names, row):
            yield text


def row_text(names: Sequence[str], row: Sequence[Slot]) -> str:
    """One row: `Header: value | …` where a column has a name, the value alone where it has none or an empty one."""
    return " | ".join(
        f"{names[column]}: {value}" if column < len(names) and names[column] else value
        for column, slot in enumerate(row)
        if (value := _one_line(slot or ""))
    )


def count_header_rows(rows: Sequence[Sequence[Slot]]) -> int:
    """1 if the first row, by its looks, names the columns; else 0. For tables that do not say so themselves.

    Names are short, differ from each other and are no numbers, dates or truth values. A second row must follow, and
    show that the first is no record: by values below a name, or by three columns whose names never come up again.
    """
    width = max((len(row) for row in rows), default=0)
    names = {column: _one_line(slot).casefold() for column, slot in enumerate(rows[0]) if slot} if rows else {}
    names = {column: name for column, name in names.items() if name}
    is_named = (
        len(rows) > 1
        and len(names) > 1
        and 2 * len(names) >= width
        and len(set(names.values())) == len(names)
        and not any(len(name) > _MAX_NAME_CHARS or _VALUE.match(name) for name in names.values())
    )
    if not is_named:
        return 0
    below = [
        (column, _one_line(slot)) for row in rows[1 : _COMPARED_ROWS + 1] for column, slot in enumerate(row) if slot
    ]
    if any(names.get(column) == value.casefold() for column, value in below):
        return 0
    return int(
        len(names) >= _MIN_TEXT_COLUMNS or any(_VALUE.match(value) for column, value in below if column in names)
    )


def _column_names(rows: Sequence[Sequence[Slot]]) -> list[str]:
    names: list[list[str]] = [[] for _ in range(max((len(row) for row in rows), default=0))]
    for row in rows:
        name = ""
        for column, slot in enumerate(row):
            name = name if slot is None else _one_line(slot)
            if name and name not in names[column][-1:]:
                names[column].append(name)
    return [" ".join(parts).rstrip(":") for parts in names]


def _one_line(text: str) -> str:
    return " ".join(text.split())
