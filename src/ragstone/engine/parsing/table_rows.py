"""Rows of tables as text that can be read, found and cited without the rest of the table."""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

_VALUE: Final = re.compile(
    r"[-+(]?[$€£¥]?\s?\d[\d.,\u066b\u066c \u00a0\u202f%/:T+-]*[%€$£¥)Z]?$|\S+@\S+\.\S+$|https?://\S+$|(?:true|false)$",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(?:1[89]|20|21)\d\d$")
_MAX_HEADER_CHARS: Final = 200
_MIN_FILLED: Final = 0.5
_SAMPLE_ROWS: Final = 50


def row_text(header: Sequence[str], cells: Sequence[str]) -> str:
    """One row as `Header: value | …`, or `value | …` where a cell has no header; empty cells are left out."""
    pairs = zip_longest(map(_one_line, header), map(_one_line, cells), fillvalue="")
    return " | ".join(f"{name}: {value}" if name else value for name, value in pairs if value)


def is_header(first: Sequence[str], following: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table names its columns.

    It does if its cells are short and not values (numbers, dates, addresses) themselves, and none of them comes again
    in its column. Years beside words count as names; other values only where no value stands below any of them.
    """
    names = [_one_line(cell) for cell in first]
    filled = [name for name in names if name]
    if not following or len(filled) < max(1, _MIN_FILLED * len(names)) or max(map(len, filled)) > _MAX_HEADER_CHARS:
        return False
    columns = [
        [_one_line(row[index]) for row in following[:_SAMPLE_ROWS] if index < len(row)] for index in range(len(names))
    ]
    if any(name and name in column for name, column in zip(names, columns, strict=True)):
        return False
    values = [name for name in filled if _VALUE.match(name)]
    if not values or (len(values) < len(filled) and all(map(_YEAR.match, values))):
        return True
    return not any(_VALUE.match(cell) for column in columns for cell in column)


def _one_line(cell: str) -> str:
    return " ".join(cell.split())
