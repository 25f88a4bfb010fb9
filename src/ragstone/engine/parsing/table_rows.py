"""Rows of a table as texts that carry their header, so that a row found alone still says what its values are."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

Slot: TypeAlias = str | None
"""The text at one row and column of a table; None where a cell to the left is so wide that it covers the slot. A cell
that covers several rows has its text in each of them."""

_VALUE: Final = re.compile(r"[^\w]*\d[\d\s.,:/%+\u066b\u066c-]*\D{0,3}$|(?:true|false|yes|no)$", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?:1[89]|20|21)\d\d$")
_MAX_NAME_CHARS: Final = 80
_MIN_TEXT_COLUMNS: Final = 3  # Of two columns of words, the first as often names what is in the second.
_COMPARED_ROWS: Final = 50


def iter_row_texts(rows: Sequence[Sequence[Slot]], n_header_rows: int) -> Iterator[str]:
    """`Header: value | Header: value` of every row below the header, empty slots left out.

    Several rows of header are joined column by column. Without a header a row is its values parted by ` | `; so is the
    header itself where a name in it stands above no value, and would not be carried by any row. Rows without text are
    skipped.
    """
    header, body = rows[:n_header_rows], rows[n_header_rows:]
    names = column_names(header)
    carried = {column for row in body for start, _, end in _iter_cells(row) for column in range(start, end)}
    if any(name and column not in carried for column, name in enumerate(names)):
        yield from filter(None, (row_text((), row) for row in header))
    yield from filter(None, (row_text(names, row) for row in body))


def row_text(names: Sequence[str], row: Sequence[Slot]) -> str:
    """One row: `Header: value | …` where a column has a name, the value alone where it has none or an empty one.

    A cell over several columns has the names of all of them. One as wide as the whole row is a title inside the table,
    and stands without a name.
    """
    return " | ".join(
        f"{name}: {value}" if (name := _name(names[start:end])) and end - start < max(2, len(row)) else value
        for start, value, end in _iter_cells(row)
    )


def _iter_cells(row: Sequence[Slot]) -> Iterator[tuple[int, str, int]]:
    """The cells of a row that have text, each between the columns it covers: `[start, end)`."""
    start = 0
    for end in range(1, len(row) + 1):
        if end == len(row) or row[end] is not None:
            if value := _one_line(row[start] or ""):
                yield start, value, end
            start = end


def _name(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else " / ".join(dict.fromkeys(filter(None, names)))


def column_names(header: Sequence[Sequence[Slot]]) -> list[str]:
    """The name of every column: what stands above each other in a header of several rows is joined."""
    names: list[list[str]] = [[] for _ in range(max((len(row) for row in header), default=0))]
    for row in header:
        name = ""
        for column, slot in enumerate(row):
            name = name if slot is None else _one_line(slot)
            if name and name not in names[column][-1:]:
                names[column].append(name)
    return [" ".join(parts).rstrip(":").rstrip() for parts in names]


def count_header_rows(rows: Sequence[Sequence[Slot]]) -> int:
    """How many rows at the top, by their looks, name the columns. For tables that do not say so themselves.

    Names are short, differ from each other and are no numbers, dates or truth values, years beside words excepted. A
    further row must show that the first is no record: by values below a name, or by three columns whose names never
    come up again. Two rows are a header where the first names groups of columns, or the second begins with an empty
    slot, and what is in the second are names too.
    """
    if len(rows) > 2 and _is_second(rows[0], rows[1], rows[2:]):  # noqa: PLR2004 - two rows and a record.
        return 2
    return int(bool(rows) and _are_names(rows[0], rows[1:]))


def _is_second(first: Sequence[Slot], second: Sequence[Slot], following: Sequence[Sequence[Slot]]) -> bool:
    """Whether two rows are a header together; names of the second may come again under another of the first."""
    is_below = not _one_line("".join(filter(None, second[:1]))) and _are_names(first, [second, *following])
    if not is_below and not _names_groups(first):
        return False
    names = [_one_line(slot or "") for slot in second]
    if any(_VALUE.match(name) and not _YEAR.match(name) for name in names) or _comes_again(second, following):
        return False
    joined = zip(second, column_names([first, second]), strict=False)
    return _are_names([slot and name for slot, name in joined], following, may_repeat=True)


def _are_names(first: Sequence[Slot], following: Sequence[Sequence[Slot]], *, may_repeat: bool = False) -> bool:
    """Whether a row, by its looks, is the last one of a header."""
    names = {column: name.casefold() for column, slot in enumerate(first) if (name := _one_line(slot or ""))}
    width = max(len(row) for row in (first, *following))
    covered = sum(slot is None for slot in first)
    values = [name for name in names.values() if _VALUE.match(name)]
    is_named = (
        len(following) > 0
        and len(names) > 1
        and 2 * (len(names) + covered) >= width
        and (may_repeat or len(set(names.values())) == len(names))
        and max(map(len, names.values())) <= _MAX_NAME_CHARS
        and len(values) < len(names)
        and all(map(_YEAR.match, values))
    )
    if not is_named:
        return False
    if _comes_again(first, following):
        return False
    return len(names) >= _MIN_TEXT_COLUMNS or any(
        _VALUE.match(_one_line(row[column] or ""))
        for row in following[:_COMPARED_ROWS]
        for column in names
        if column < len(row)
    )


def _comes_again(first: Sequence[Slot], following: Sequence[Sequence[Slot]]) -> bool:
    """Whether a text of the first row stands in its column once more."""
    return any(
        slot and value and _one_line(slot).casefold() == _one_line(value).casefold()
        for row in following[:_COMPARED_ROWS]
        for slot, value in zip(first, row, strict=False)
    )


def _names_groups(row: Sequence[Slot]) -> bool:
    """Whether a row has wide cells that are more than one title above everything."""
    return None in row and (not row[0] or sum(map(bool, row)) > 1)


def _one_line(text: str) -> str:
    return " ".join(text.split())
