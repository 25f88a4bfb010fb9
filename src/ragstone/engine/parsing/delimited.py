"""CSV, TSV and their kin: every row is one block that carries its header."""

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.table_rows import row_text
from ragstone.engine.parsing.text_writer import TextWriter

csv.field_size_limit(sys.maxsize)  # A document may hold long cells; its own limit is checked where text is written.

_DELIMITERS: Final = (",", "\t", ";", "|")
_SAMPLE_CHARS: Final = 2**16
_SAMPLE_ROWS: Final = 100
_MAX_CELL_LINES: Final = 200
_VALUE: Final = re.compile(
    r"[-+(]?[$€£¥]?\s?\d[\d.,\u066b\u066c \u00a0\u202f%/:T+-]*[%€$£¥)Z]?$|\S+@\S+\.\S+$|https?://\S+$|(?:true|false)$",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(?:1[89]|20|21)\d\d$")
_MAX_NAME_CHARS: Final = 200
_MIN_NAMED: Final = 0.5


def parse_delimited(content: bytes, options: ParseOptions, media_type: str = "text/csv") -> ParsedDocument:
    """A table in any encoding, its cells parted by commas, tabs, semicolons or bars.

    Rows may have more or fewer cells than the header, which is a row itself only where no row carries all of it. Lines
    above the header that fill one cell only are paragraphs.
    Raises `DocumentCorrupt` for bytes that are no text.
    """
    text = canonical_text(decode(content, media_type)).lstrip("\n")
    delimiter, text = _stated_delimiter(text)
    writer = TextWriter(options.limits)
    rows = _iter_rows(text, delimiter or _find_delimiter(text))
    preamble, names, is_idle, rows = _split_head(rows)
    for line in preamble:
        writer.block(BlockKind.PARAGRAPH, line)
    if is_idle:
        writer.block(BlockKind.TABLE_ROW, row_text((), names))
    n_rows = 0
    for row in rows:
        writer.block(BlockKind.TABLE_ROW, row_text(names, row))
        n_rows += 1
    return writer.finish(metadata={"rows": n_rows})


def _stated_delimiter(text: str) -> tuple[str | None, str]:
    """The delimiter that a first line `sep=;` states, as Excel writes it, and the text without that line."""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.rstrip()) <= len("sep=;"):
        return first[len("sep=") :][:1] or None, rest
    return None, text


def _find_delimiter(text: str) -> str:
    """The delimiter that cuts most rows of the beginning into the same number of cells; the more cells the better."""
    sample = text[:_SAMPLE_CHARS]
    if len(sample) < len(text):
        sample = sample[: sample.rfind("\n") + 1] or sample

    def regularity(delimiter: str) -> tuple[float, int]:
        rows = islice(
            (row for row in csv.reader(sample.splitlines(keepends=True), delimiter=delimiter) if row), _SAMPLE_ROWS
        )
        widths = Counter(len(row) for row in rows)
        n_cells, n_rows = max(
            ((width, count) for width, count in widths.items() if width > 1), key=lambda item: item[1], default=(1, 0)
        )
        return n_rows / max(1, widths.total()), n_cells

    return max(_DELIMITERS, key=regularity)


def _iter_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Rows with a filled cell. A quote that opens a cell of very many lines is taken for a plain character."""
    lines = text.splitlines(keepends=True)
    rows: Iterator[list[str]] = csv.reader(lines, delimiter=delimiter)
    if '"' in text and any(cell.count("\n") > _MAX_CELL_LINES for row in rows for cell in row):
        rows = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        rows = csv.reader(lines, delimiter=delimiter)
    return (row for row in rows if any(map(str.strip, row)))


def _split_head(rows: Iterator[list[str]]) -> tuple[list[str], list[str], bool, Iterator[list[str]]]:
    """The lines above the table, the names of its columns (none if it has no header), whether one of them stands above
    no value, so that rows would not carry it, and the rows below.
    """
    sample = list(islice(rows, _SAMPLE_ROWS))
    n_cells = Counter(sum(map(bool, map(str.strip, row))) for row in sample)
    is_table = max(n_cells, key=lambda count: (n_cells[count], count), default=0) > 1
    n_above = 0
    while is_table and n_above < len(sample) - 1 and sum(map(bool, map(str.strip, sample[n_above]))) == 1:
        n_above += 1
    above, table = sample[:n_above], sample[n_above:]
    names = [" ".join(cell.split()) for cell in table.pop(0)] if table and _is_header(table[0], table[1:]) else []
    is_idle = any(
        name and not any(row[column : column + 1] and row[column].strip() for row in table)
        for column, name in enumerate(names)
    )
    return ["".join(row).strip() for row in above], names, is_idle, chain(table, rows)


def _is_header(first: Sequence[str], following: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns, as it does in nearly every such file.

    It does if its cells are short and no values (numbers, dates, addresses) themselves, and none of them comes again in
    its column. Years beside words count as names; other values only where no value stands below any of them.
    """
    names = [cell.strip() for cell in first]
    filled = [name for name in names if name]
    if not following or len(filled) < _MIN_NAMED * len(names) or max(map(len, filled)) > _MAX_NAME_CHARS:
        return False
    columns = [[row[index].strip() for row in following if index < len(row)] for index in range(len(names))]
    if any(name and name in column for name, column in zip(names, columns, strict=True)):
        return False
    values = [name for name in filled if _is_value(name)]
    if not values or (len(values) < len(filled) and all(map(_YEAR.match, values))):
        return True
    return not any(_is_value(cell) for column in columns for cell in column)


def _is_value(cell: str) -> bool:
    """Whether a cell is a number, a date, an address or a truth value. None of them is long."""
    return len(cell) <= _MAX_NAME_CHARS and _VALUE.match(cell) is not None
