"""Tables of a PDF page, told by white strips that run down through several rows, whether ruled or not.

A PDF knows no tables, only words and where they stand. Words close together make a cell, rows with three cells or more
follow one another, and what stands in line across them is a column; whatever does not fit this plainly stays text.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Final, TypeAlias

from ragstone.engine.parsing.pdf_text import Line, Word
from ragstone.engine.parsing.table_rows import Slot, count_header_rows, iter_row_texts

_SAME_ROW: Final = 0.4  # Of the size: how far baselines of one row may be apart.
_MAX_BESIDE: Final = 0.1  # Of the rows of a page that is set in one column.
_CELL_GAP: Final = 0.75  # Of the size: a space is a quarter, also a wide one hardly more than a half.
_MIN_CELLS: Final = 3
_MIN_ROWS: Final = 2
_MIN_ROWS_WITHOUT_HEADER: Final = 3
_MAX_PITCH: Final = 3.2  # Of the size: rows further apart belong to two tables.
_TIGHT: Final = 1.5  # Of the size: a row that follows so closely goes on with the one above.
_MAX_CELL_CHARS: Final = 26  # On average: columns of prose have longer ones.
_MIN_NAMED: Final = 0.8  # Of the columns: how many a row of names has to name.
_MIN_NUMBERS: Final = 0.9  # Of the slots in a column of numbers.
_MIN_FILLED: Final = 0.5  # Of the slots in rows of several cells.
_MIN_LETTERS: Final = 2  # A name has them on average; the signs of a formula are shorter.
_MIN_FIT: Final = 0.9  # Of the cells that have to be within one column.


@dataclass(frozen=True, slots=True)
class _Cell:
    """Words that stand close together."""

    words: tuple[Word, ...]

    @property
    def left(self) -> float:
        return self.words[0].left

    @property
    def right(self) -> float:
        return max(word.right for word in self.words)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of lines that stand beside each other, left to right."""

    cells: tuple[_Cell, ...]

    @property
    def baseline(self) -> float:
        return self.cells[0].words[0].baseline

    @property
    def size(self) -> float:
        return max(word.size for cell in self.cells for word in cell.words)


_Columns: TypeAlias = list[tuple[float, float]]


def with_tables(lines: Sequence[Line], words: Sequence[Word]) -> tuple[Line, ...]:
    """The lines of a page, those of its tables replaced by a line for each row."""
    replaced: dict[int, tuple[Line, ...]] = {}
    for rows in _candidates(_rows(words)):
        texts = tuple(_texts(rows))
        indices = sorted({word.line for word in _words_of(rows)})
        if not texts or not replaced.keys().isdisjoint(indices):
            continue
        first = lines[indices[0]]
        inside = set(map(id, _words_of(rows)))
        others = [word.text for word in words if word.line in indices and id(word) not in inside]
        before = (replace(first, text=" ".join(others)),) if others else ()
        replaced |= dict.fromkeys(indices, ())
        replaced[indices[0]] = (*before, *(replace(first, text=text, is_row=True) for text in texts))
    return tuple(new for index, line in enumerate(lines) for new in replaced.get(index, (line,)))


def _words_of(rows: Iterable[_Row]) -> Iterator[Word]:
    return (word for row in rows for cell in row.cells for word in cell.words)


def _rows(words: Sequence[Word]) -> list[_Row]:
    """Lines as rows of cells. Lines read one after the other that stand beside each other are one.

    What stands beside a line, but is read at another time, is in another column of the page. Where there is hardly any,
    rows go from top to bottom, and in the order they are read otherwise.
    """
    rows: list[list[Word]] = []
    for _, line in groupby(words, key=lambda word: word.line):
        for level in _levels(line):
            if rows and _is_beside(rows[-1][-1], level[0]):
                rows[-1].extend(level)
            else:
                rows.append(level)
    found = [_Row(tuple(_cells(row))) for row in rows]
    downwards = sorted(found, key=lambda row: -row.baseline)
    n_beside = sum(above.baseline - row.baseline < _SAME_ROW * row.size for above, row in pairwise(downwards))
    return found if n_beside > _MAX_BESIDE * len(found) else downwards


def _levels(line: Iterable[Word]) -> Iterator[list[Word]]:
    """The words of a line by their baselines, each from left to right: pdfium may take two rows for one line."""
    level: list[Word] = []
    for word in sorted(line, key=lambda word: -word.baseline):
        if level and level[0].baseline - word.baseline > _SAME_ROW * max(word.size, level[0].size):
            yield sorted(level, key=lambda word: word.left)
            level = []
        level.append(word)
    yield sorted(level, key=lambda word: word.left)


def _is_beside(before: Word, word: Word) -> bool:
    is_level = abs(before.baseline - word.baseline) <= _SAME_ROW * max(word.size, before.size)
    return is_level and word.left > before.right


def _cells(words: Sequence[Word]) -> Iterator[_Cell]:
    cell: list[Word] = []
    right = 0.0
    for word in words:
        if cell and word.left - right > _CELL_GAP * max(word.size, cell[-1].size):
            yield _Cell(tuple(cell))
            cell = []
        right = max(right, word.right) if cell else word.right
        cell.append(word)
    yield _Cell(tuple(cell))


def _candidates(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Runs of rows that begin and end with rows of several cells, and have none far from its neighbours."""
    run: list[_Row] = []
    for row in rows:
        if run and not _continues(run, row):
            yield from _trimmed(run)
            run = []
        if run or len(row.cells) >= _MIN_CELLS:
            run.append(row)
    yield from _trimmed(run)


def _continues(run: Sequence[_Row], row: _Row) -> bool:
    above = run[-1]
    if not -_SAME_ROW * row.size < above.baseline - row.baseline <= _MAX_PITCH * max(row.size, above.size):
        return False
    if len(row.cells) >= _MIN_CELLS:
        return True
    # A row of few cells goes on with the one above only if it leaves out the first column, and follows closely.
    left = min(cell.left for other in run if len(other.cells) >= _MIN_CELLS for cell in other.cells)
    is_close = len(row.cells) > 1 or above.baseline - row.baseline <= _TIGHT * max(row.size, above.size)
    return (row.cells[0].left > left + row.size and is_close) or _is_cell_of(run, row)


def _is_cell_of(run: Sequence[_Row], row: _Row) -> bool:
    """Whether every cell of a row stands within one cell's width of a full row."""
    columns = _columns([other for other in run if len(other.cells) >= _MIN_CELLS])
    return len(row.cells) > 1 and all(len(_touched(cell, columns)) <= 1 for cell in row.cells)


def _trimmed(run: list[_Row]) -> Iterator[list[_Row]]:
    while run and len(run[-1].cells) < _MIN_CELLS and run[-1].cells[0].left <= run[0].cells[0].left:
        run = run[:-1]
    full = [row for row in run if len(row.cells) >= _MIN_CELLS]
    if len(full) >= _MIN_ROWS:
        yield run


def _texts(rows: Sequence[_Row]) -> Iterator[str]:
    """A text for each row, if the rows are plainly those of one table; otherwise nothing."""
    full = [row for row in rows if len(row.cells) >= _MIN_CELLS]
    columns = _columns(full)
    cells = [cell for row in full for cell in row.cells]
    n_fitting = sum(len(_touched(cell, columns)) == 1 for cell in cells)
    n_chars = sum(len(cell.text) for cell in cells)
    if len(columns) < _MIN_CELLS or n_fitting < _MIN_FIT * len(cells) or n_chars > _MAX_CELL_CHARS * len(cells):
        return
    filled = [sum(_fills(row, column) for column in columns) / len(columns) for row in full]
    if sum(filled) < _MIN_FILLED * len(filled):
        return
    groups = _groups(rows[0], columns) if _is_title_of_columns(rows, columns) else None
    slots: list[list[Slot]] = [
        [" ".join(parts) for parts in row] for row in _merged(rows[groups is not None :], columns)
    ]
    n_header_rows = 1 + bool(groups) if _names_all(slots) else count_header_rows(slots)
    if groups:
        slots.insert(0, groups)
    names = [slot for row in slots[:n_header_rows] for slot in row if slot]
    if n_header_rows:
        is_plain = len(names) >= len(columns) - 1 and sum(map(_n_letters, names)) >= _MIN_LETTERS * len(names)
    else:
        is_plain = len(full) >= _MIN_ROWS_WITHOUT_HEADER and min(filled) == 1 and _has_numbers(slots)
    if is_plain:
        yield from iter_row_texts(slots, n_header_rows)


def _names_all(slots: Sequence[Sequence[Slot]]) -> bool:
    """Whether the first row has a name for every column, and a column below has hardly anything but numbers."""
    names, *below = slots
    are_names = all(name and not any(map(str.isdigit, name)) for name in names)
    n_numbers = [sum((slot or "")[-1:].isdigit() for slot in column) for column in zip(*below, strict=True)]
    return are_names and max(n_numbers, default=0) >= max(1, _MIN_NUMBERS * len(below))


def _n_letters(text: str) -> int:
    return sum(character.isalpha() for character in text)


def _has_numbers(slots: Sequence[Sequence[Slot]]) -> bool:
    """Whether a column is of numbers and another of words, as in hardly anything but a table."""
    columns = list(zip(*slots, strict=True))
    are_numbers = [all(text and any(map(str.isdigit, text)) for text in column) for column in columns]
    are_words = [all(text and _n_letters(text) >= _MIN_LETTERS for text in column) for column in columns]
    return any(are_numbers) and any(are_words)


def _is_title_of_columns(rows: Sequence[_Row], columns: _Columns) -> bool:
    """Whether the first row names groups of columns, each of which the second names."""
    first, second = rows[0], rows[1]
    words = [word.text for row in (first, second) for cell in row.cells for word in cell.words]
    return (
        len(first.cells) < len(columns) / 2
        and len(second.cells) > _MIN_NAMED * len(columns)
        and not any(character.isdigit() for word in words for character in word)
    )


def _groups(row: _Row, columns: _Columns) -> list[Slot]:
    """The row with each cell above the columns it stands in the middle of.

    Where one group ends and the next begins, only their middles tell; the outer ends are as far off as the inner ones.
    """
    middles = [(cell.left + cell.right) / 2 for cell in row.cells]
    inner = [(one + other) / 2 for one, other in pairwise(middles)]
    edges = [2 * middles[0] - inner[0], *inner, 2 * middles[-1] - inner[-1]]
    slots: list[Slot] = [""] * len(columns)
    named = -1
    for index, column in enumerate(columns):
        group = bisect_right(edges, sum(column) / 2) - 1
        if 0 <= group < len(row.cells):
            slots[index] = None if group == named else row.cells[group].text
            named = group
    return slots


def _columns(rows: Sequence[_Row]) -> _Columns:
    """What cells stand in line: ranges that the cells of no row cross but those that reach over several.

    Rows with the most cells show them best, so they come first. Two neighbours that no row fills both are one column,
    in which a title and the values below it stand at different ends.
    """
    columns: _Columns = []
    for row in sorted(rows, key=lambda row: -len(row.cells)):
        for cell in row.cells:
            touched = _touched(cell, columns)
            if len(touched) <= 1:
                columns = [column for column in columns if column not in touched]
                columns.append(_around([(cell.left, cell.right), *touched]))
    joined: _Columns = []
    for column in sorted(columns):
        if joined and not any(_are_apart(row, joined[-1], column) for row in rows):
            joined[-1] = _around([joined[-1], column])
        else:
            joined.append(column)
    return joined


def _around(ranges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(left for left, _ in ranges), max(right for _, right in ranges)


def _are_apart(row: _Row, one: tuple[float, float], other: tuple[float, float]) -> bool:
    touched = [_touched(cell, [one, other]) for cell in row.cells]
    return [one] in touched and [other] in touched


def _fills(row: _Row, column: tuple[float, float]) -> bool:
    return any(cell.left < column[1] and column[0] < cell.right for cell in row.cells)


def _touched(cell: _Cell, columns: _Columns) -> list[tuple[float, float]]:
    return [column for column in columns if cell.left < column[1] and column[0] < cell.right]


def _merged(rows: Sequence[_Row], columns: _Columns) -> list[list[list[str]]]:
    """The rows' texts by column; a row that goes on with the one above is joined to it."""
    table: list[list[list[str]]] = []
    for above, row in pairwise([None, *rows]):
        slots: list[list[str]] = [[] for _ in columns]
        for cell in row.cells if row else ():
            touched = _touched(cell, columns)
            slots[columns.index(touched[0]) if touched else _nearest(cell, columns)].append(cell.text)
        if above is not None and row is not None and table and not slots[0] and _goes_on(above, row):
            for parts, more in zip(table[-1], slots, strict=True):
                parts.extend(more)
        else:
            table.append(slots)
    return table


def _goes_on(above: _Row, row: _Row) -> bool:
    is_tight = above.baseline - row.baseline <= _TIGHT * row.size
    return len(row.cells) == 1 or (len(row.cells) < _MIN_CELLS and is_tight)


def _nearest(cell: _Cell, columns: _Columns) -> int:
    middle = (cell.left + cell.right) / 2
    return min(range(len(columns)), key=lambda index: abs(middle - sum(columns[index]) / 2))
