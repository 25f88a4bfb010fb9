"""The tables of a sheet: where rows of cells end and other ones begin, and which row names the columns."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from ragstone.engine.parsing.document import BlockKind
from ragstone.engine.parsing.table_rows import Slot, column_names, count_header_rows, iter_row_texts, row_text
from ragstone.engine.parsing.text_writer import TextWriter

Rows: TypeAlias = Sequence[Sequence[Slot]]
_MAX_GAPS: Final = 20  # Every gap costs a look at all rows; what is strewn wider is no row of tables.
_MAX_ROWS_ABOVE: Final = 3  # Of a header: units, dates and the like.


def write_sheet(writer: TextWriter, rows: Rows) -> int:
    """Writes all tables of a sheet, top to bottom; returns how many rows they have.

    Empty rows part tables. A part without names of its own goes on with those of the part above, as long as it stands
    in the same columns. Empty columns part tables only where both sides have names and labels of their own.
    """
    n_rows = 0
    names: list[str] = []  # Of the columns of the whole sheet.
    for band in _joined_headers(list(_iter_bands(rows))):
        for first_column, part in _parts_side_by_side(band):
            below = names[first_column:]
            n_rows += _write_part(writer, part, below)
            names = [""] * first_column + below
    return n_rows


def _write_part(writer: TextWriter, rows: Rows, names: list[str]) -> int:
    """Writes one table; `names` are those of the columns above it, replaced by its own if it has any."""
    n_above, n_names = _find_header(rows)
    if n_names:
        names[:] = column_names(rows[n_above : n_above + n_names])
        _write_titles(writer, rows[:n_above])
        return _write_rows(writer, iter_row_texts(rows[n_above:], n_names))
    is_list = _width(rows) == 1 and not any(None in row for row in rows)
    n_titles = 0
    while not is_list and n_titles < len(rows) and _n_filled(rows[n_titles]) == 1:
        n_titles += 1
    _write_titles(writer, rows[:n_titles])
    if not _fits(rows[n_titles:], names):
        names.clear()
    return _write_rows(writer, (row_text(names, row) for row in rows[n_titles:]))


def _write_titles(writer: TextWriter, rows: Rows) -> None:
    for row in rows:
        writer.block(BlockKind.PARAGRAPH if _n_filled(row) == 1 else BlockKind.TABLE_ROW, row_text((), row))


def _write_rows(writer: TextWriter, rows: Iterable[str]) -> int:
    n_rows = 0
    for text in rows:
        writer.block(BlockKind.TABLE_ROW, text)
        n_rows += 1
    return n_rows


def _find_header(rows: Rows) -> tuple[int, int]:
    """How many rows stand above the header of a table, and how many rows it has: 0 if there is none.

    Rows above it are titles, units and the like: they fill fewer columns than it.
    """
    widest_above = 0
    for n_above, row in enumerate(rows[: _MAX_ROWS_ABOVE + 1]):
        if _n_filled(row) > widest_above and (n_names := count_header_rows(rows[n_above:])):
            return n_above, n_names
        widest_above = max(widest_above, _n_filled(row))
    return 0, 0


def _fits(rows: Rows, names: Sequence[str]) -> bool:
    """Whether rows stand below these names: every column they fill has one."""
    columns = {column for row in rows for column in _filled(row)}
    return len(columns) > 1 and all(column < len(names) and names[column] for column in columns if column)


def _iter_bands(rows: Rows) -> Iterator[list[Sequence[Slot]]]:
    """Runs of rows that are not empty. A row that shares no column with the rows above it begins a new one."""
    band: list[Sequence[Slot]] = []
    columns: set[int] = set()
    for row in rows:
        filled = _filled(row)
        if band and (not filled or (len(filled) > 1 and columns.isdisjoint(filled))):
            yield band
            band, columns = [], set()
        if filled:
            band.append(row)
            columns |= filled
    if band:
        yield band


def _joined_headers(bands: Sequence[list[Sequence[Slot]]]) -> list[list[Sequence[Slot]]]:
    """The bands, with a header that an empty row parts from its table put back above it."""
    joined: list[list[Sequence[Slot]]] = []
    for band in bands:
        above = joined[-1] if joined else []
        is_short = 0 < len(above) <= _MAX_ROWS_ABOVE + 1
        if is_short and not count_header_rows(band) and sum(_find_header([*above, *band])) == len(above):
            above.extend(band)
        else:
            joined.append(list(band))
    return joined


def _parts_side_by_side(band: Rows, first_column: int = 0) -> Iterator[tuple[int, Rows]]:
    """The tables beside each other in a band, each with the number of its first column and without what is before."""
    used = {column for row in band for column in _filled(row)}
    start = min(used)
    gaps = (column + 1 for column in sorted(used)[:-1] if column + 1 not in used)
    for gap in islice(gaps, _MAX_GAPS):
        left, right = _columns(band, start, gap), _columns(band, gap + 1, None)
        if _find_header(left)[1] and _find_header(right)[1] and _begins_with_labels(right):
            yield first_column + start, left
            yield from _parts_side_by_side(_columns(band, gap + 1, None), first_column + gap + 1)
            return
    yield first_column + start, _columns(band, start, None)


def _begins_with_labels(rows: Rows) -> bool:
    """Whether the first column is of words, not values: columns of values belong to the labels further left."""
    n_above, n_names = _find_header(rows)
    first = [slot for row in rows[n_above + n_names :] if (slot := row[0])]
    return 2 * sum(any(map(str.isalpha, slot)) for slot in first) > len(first)


def _columns(rows: Rows, start: int, end: int | None) -> Rows:
    """Rows cut to some of their columns; those with nothing in them are left out."""
    return [row[start:end] for row in rows if _filled(row[start:end])]


def _filled(row: Sequence[Slot]) -> set[int]:
    """The columns in which a row has text."""
    return {column for column, slot in enumerate(row) if slot and not slot.isspace()}


def _n_filled(row: Sequence[Slot]) -> int:
    return len(_filled(row))


def _width(rows: Rows) -> int:
    columns = {column for row in rows for column in _filled(row)}
    return max(columns) - min(columns) + 1 if columns else 0
