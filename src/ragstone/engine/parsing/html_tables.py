"""Tables of a page: their rows as records that carry the names of their columns."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Final

from ragstone.engine.parsing.table_rows import Slot, column_names, count_header_rows, row_text

_MAX_SPAN: Final = 200  # Browsers allow 1,000 columns and 65,534 rows; real tables hardly use as many.
_MAX_COLUMNS: Final = 1000
_MAX_REPEATED_CHARS: Final = 200
_MAX_HEADER_ROWS: Final = 5
_SAMPLE_ROWS: Final = 50
_SPARE_CHARS: Final = 10_000
_SPARE_SHARE: Final = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text, whether it is marked as a header, and how many columns and rows it covers."""

    text: str
    is_header: bool = False
    n_columns: int = 1
    n_rows: int = 1


@dataclass(slots=True)
class Table:
    """The rows of a table, in the order they are met; the first `n_head_rows` of them make its head."""

    rows: list[list[Cell]] = field(default_factory=list)
    n_head_rows: int = 0

    def add_row(self, cells: list[Cell], *, is_head: bool) -> None:
        """One more row; only first rows can be the head."""
        self.n_head_rows += is_head and len(self.rows) == self.n_head_rows
        self.rows.append(cells)

    def iter_texts(self) -> Iterator[str]:
        """The text of every row that has one: `Header: value | …`.

        The names of columns are in the head, or in first rows of header cells alone, or in a first row that looks so. A
        row that alone begins with a header cell is named by that. Cells over several rows are repeated in each. But
        repeating has an end, or a small page could unfold into gigabytes.
        """
        spare_chars = _SPARE_CHARS + _SPARE_SHARE * sum(len(cell.text) for row in self.rows for cell in row)
        n_header_rows = self._count_header_rows()
        names = column_names(list(islice(_iter_slots(self.rows), n_header_rows)))
        if n_header_rows == len(self.rows) or self._has_idle_name(names, n_header_rows):
            yield from filter(None, (row_text((), [cell.text for cell in row]) for row in self.rows[:n_header_rows]))
        for cells, slots in islice(zip(self.rows, _iter_slots(self.rows), strict=True), n_header_rows, None):
            if not any(cell.text for cell in cells):
                continue
            text = row_text(names, slots) if names or not _is_named_by_first(cells) else _named_by_first(slots)
            plain = " | ".join(filter(None, (cell.text for cell in cells)))
            spare_chars -= len(text) - len(plain)
            yield text if spare_chars >= 0 else plain

    def _count_header_rows(self) -> int:
        marked = sum(1 for _ in takewhile(lambda row: all(cell.is_header for cell in row), self.rows))
        if n_marked := max(marked, self.n_head_rows):
            return min(n_marked, _MAX_HEADER_ROWS)
        return 0 if any(cell.is_header for row in self.rows for cell in row) else self._count_by_looks()

    def _count_by_looks(self) -> int:
        return count_header_rows(list(islice(_iter_slots(self.rows), _SAMPLE_ROWS)))

    def _has_idle_name(self, names: Sequence[str], n_header_rows: int) -> bool:
        """Whether a name stands above no value, so that no row would carry it."""
        carried: set[int] = set()
        for slots in islice(_iter_slots(self.rows), n_header_rows, None):
            is_filled = False
            for column, slot in enumerate(slots):
                is_filled = bool(slot) if slot is not None else is_filled
                if is_filled:
                    carried.add(column)
        return any(name and column not in carried for column, name in enumerate(names))


def _is_named_by_first(cells: Sequence[Cell]) -> bool:
    return len(cells) > 1 and cells[0].is_header and not any(cell.is_header for cell in cells[1:])


def _named_by_first(slots: Sequence[Slot]) -> str:
    return ": ".join(filter(None, (row_text((), slots[:1]), row_text((), slots[1:]))))


def _iter_slots(rows: Sequence[Sequence[Cell]]) -> Iterator[list[Slot]]:
    """The slots of every row, filled by cells of earlier rows that reach down to it."""
    carried: dict[int, tuple[Slot, int]] = {}
    for cells in rows:
        slots: list[Slot] = []
        waiting = deque(cells)
        last_carried = max(carried, default=-1)
        while len(slots) < _MAX_COLUMNS and (waiting or len(slots) <= last_carried):
            column = len(slots)
            if column in carried:
                text, n_rows = carried.pop(column)
                if n_rows > 1:
                    carried[column] = text, n_rows - 1
                slots.append(text)
            elif waiting:
                cell = waiting.popleft()
                covered: list[Slot] = [cell.text, *[None] * (min(cell.n_columns, _MAX_COLUMNS - column) - 1)]
                slots += covered
                if cell.n_rows > 1 and len(cell.text) <= _MAX_REPEATED_CHARS:
                    carried |= {column + index: (slot, cell.n_rows - 1) for index, slot in enumerate(covered)}
            else:
                slots.append("")
        slots.extend(cell.text for cell in waiting)
        yield slots


def span(stated: str | None) -> int:
    """How many columns or rows a cell covers, by its attribute; 0, for all that follow, counts as very many."""
    digits = (stated or "").strip()
    if not digits.isascii() or not digits.isdigit():
        return 1
    return min(int(digits[:6]) or _MAX_SPAN, _MAX_SPAN)
