"""Tables of text (CSV, TSV) as records, read piece by piece and never held whole. RFC 4180, and what is common."""

import csv
from collections import Counter, deque
from collections.abc import Iterator
from typing import Final

from ragstone.engine.records.record import FieldInvalid, Record

_DELIMITERS: Final = ",;\t|"


class TableInvalid(ValueError):
    """The text is no table from this line on."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}")


class _NeedMore(Exception):
    """The lines received so far end within a row."""


class TableReader:
    """Takes text as it comes and gives records. The first row is the header; a row may be of several lines.

    Without a `delimiter`, it is the one of comma, semicolon, tab and bar that is commonest in the first line.
    """

    def __init__(self, delimiter: str | None, max_row_chars: int) -> None:
        self._delimiter = delimiter
        self._max_row_chars = max_row_chars
        self._header: list[str] | None = None
        self._rest = ""
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._is_finished = False
        self._line = 0

    @property
    def line(self) -> int:
        """The number of the line after the last whole row."""
        return self._line + 1

    def feed(self, text: str) -> Iterator[tuple[int, Record | FieldInvalid]]:
        """The records completed by this text, or what is wrong with one, each with the number of its first line.

        Raises `TableInvalid`.
        """
        *whole, self._rest = (self._rest + text).split("\n")
        self._waiting.extend(f"{line}\n" for line in whole)
        if len(self._rest) > self._max_row_chars:
            raise TableInvalid(self._line + 1, f"longer than {self._max_row_chars} characters")
        yield from self._records()

    def finish(self) -> Iterator[tuple[int, Record | FieldInvalid]]:
        """The records in what is left. Raises `TableInvalid` if there is not even a header, or an open quote."""
        if self._rest:
            self._waiting.append(self._rest)
        self._is_finished = True
        yield from self._records()
        if self._header is None:
            raise TableInvalid(1, "there is no header")

    def _records(self) -> Iterator[tuple[int, Record | FieldInvalid]]:
        if self._delimiter is None and self._waiting:
            counts = Counter(self._waiting[0])
            self._delimiter = max(_DELIMITERS, key=counts.__getitem__)
        try:
            for row in csv.reader(self._lines(), delimiter=self._delimiter or ",", strict=True):
                first, self._line = self._line + 1, self._line + len(self._taken)
                self._taken.clear()
                if row and (record := self._record(first, row)) is not None:
                    yield first, record
        except _NeedMore:
            self._waiting.extendleft(reversed(self._taken))
            self._taken.clear()
        except csv.Error as error:
            raise TableInvalid(self._line + 1, str(error)) from error

    def _lines(self) -> Iterator[str]:
        """The waiting lines. Those of a row that is not whole go back, to be read again with what follows."""
        n_chars = 0
        while self._waiting:
            if not self._taken:
                n_chars = 0
            line = self._waiting.popleft()
            n_chars += len(line)
            if n_chars > self._max_row_chars:
                raise TableInvalid(self._line + 1, f"longer than {self._max_row_chars} characters")
            self._taken.append(line)
            yield line
        if not self._is_finished and self._taken:
            raise _NeedMore

    def _record(self, line: int, row: list[str]) -> Record | FieldInvalid | None:
        if self._header is None:
            self._header = _header(line, row)
            return None
        if len(row) != len(self._header):
            return FieldInvalid("", f"{len(row)} cells under a header of {len(self._header)}")
        return dict(zip(self._header, row, strict=True))


def _header(line: int, row: list[str]) -> list[str]:
    names = [name.strip() for name in row]
    if len(set(names)) < len(names):
        raise TableInvalid(line, "two columns have the same name")
    return names
