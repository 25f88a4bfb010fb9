"""The lines and words of a PDF page with their place and size, by pdfium."""

import ctypes
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ragstone.engine.parsing.canonical import canonical_text, without_bidi_controls

_LINE: Final = re.compile("[^\n\ufffe\x02]*[\ufffe\x02]?")
_WORD: Final = re.compile(r"\S+")
_NUMBER: Final = re.compile(r"\d")
_HYPHEN_MARKS: Final = "\ufffe\x02"  # pdfium's own signs for a hyphen at which it joined two lines into one.
_LONGEST_NUMBER: Final = 24
_LEVEL: Final = 0.5  # Of the height of a piece: how far the middles of pieces of one line may be apart.
_FAR: Final = 0.7  # Of the height of a piece, which is that of its letters, and less than their size.
_STRETCHED: Final = 0.65  # Of a letter's size: letters are hardly ever as wide on average.
_MIN_CELLS: Final = 3
_MIN_ROWS: Final = 2
_CELL_GAP: Final = 0.5  # Of a word's size: digits this far apart are two numbers.


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page. `left`, `baseline` and `size` of its first letter are in points; size 0 means unknown.

    A row of a table is one line, whose cells carry their header.
    """

    text: str
    left: float = 0.0
    baseline: float = 0.0
    size: float = 0.0
    is_row: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the line with that index, from `left` to `right` in points."""

    text: str
    line: int
    left: float
    right: float
    baseline: float
    size: float


@dataclass(frozen=True, slots=True)
class _Place:
    left: float
    baseline: float
    size: float


class _Box(NamedTuple):
    left: float
    right: float
    middle: float
    height: float


class PageText:
    """The text of one open page, in the order pdfium reads it. Places are as seen on the page when it is upright."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._text_page = page.get_textpage()
        self._turns = page.get_rotation() // 90
        self._width, self._height = page.get_size() if self._turns % 2 == 0 else reversed(page.get_size())
        self._lines = [(raw, unit, self._place(unit)) for raw, unit in self._iter_raw()]

    def close(self) -> None:
        """Give back what pdfium holds."""
        self._text_page.close()

    def lines(self) -> tuple[Line, ...]:
        """The lines that are not blank."""
        return tuple(
            Line(_clean(raw), place.left, place.baseline, place.size) if place else Line(_clean(raw))
            for raw, _, place in self._lines
        )

    def has_cells(self) -> bool:
        """Whether pieces of text stand so far beside each other, and that in several lines, that it may be a table.

        Far cheaper than `words`: pdfium keeps the boxes of what was drawn in one piece, as cells are.
        """
        rows: list[list[_Box]] = []
        for box in sorted(self._iter_boxes(), key=lambda box: -box.middle):
            if rows and rows[-1][0].middle - box.middle < _LEVEL * box.height:
                rows[-1].append(box)
            else:
                rows.append([box])
        n_rows = sum(_n_pieces(row) >= _MIN_CELLS for row in rows)
        return n_rows >= _MIN_ROWS or sum(self._iter_stretched()) >= _MIN_ROWS

    def _iter_stretched(self) -> Iterator[bool]:
        """Whether each line is longer than its letters are: some producers draw a row of cells in one piece."""
        for raw, unit, place in self._lines:
            if place and " " in raw and (end := self._box(unit + _n_units(raw) - 1)):
                yield end[1] - place.left > _STRETCHED * place.size * len(raw)

    def _iter_boxes(self) -> Iterator[_Box]:
        for index in range(self._text_page.count_rects()):
            left, bottom, right, top = self._text_page.get_rect(index)
            (x, y), (x2, y2) = self._upright(left, bottom), self._upright(right, top)
            yield _Box(min(x, x2), max(x, x2), (y + y2) / 2, abs(y2 - y))

    def words(self) -> Iterator[Word]:
        """The words that run along the page, line by line; the digits of two columns are not one word."""
        for index, (raw, unit, _) in enumerate(self._lines):
            for match in _WORD.finditer(raw):
                yield from self._split(match.group(), index, unit + _n_units(raw[: match.start()]))

    def _iter_raw(self) -> Iterator[tuple[str, int]]:
        """Lines that are not blank as pdfium has them, each with the number of its first letter in UTF-16 units."""
        content = self._text_page.get_text_range()
        unit = end = 0
        for match in _LINE.finditer(content):
            raw = match.group()
            if not _clean(raw):
                continue
            start = match.start() + len(raw) - len(raw.lstrip())
            unit, end = unit + _n_units(content[end:start]), start
            yield raw.strip(), unit

    def _split(self, raw: str, line: int, unit: int) -> Iterator[Word]:
        place = self._place(unit)
        if place is None:
            return
        start, right = 0, -math.inf
        left = place.left
        if _NUMBER.search(raw) and len(raw) < _LONGEST_NUMBER:
            for offset in range(len(raw)):
                box = self._box(unit + _n_units(raw[:offset]))
                if box is None:
                    continue
                if offset and box[0] - right > _CELL_GAP * place.size:
                    yield Word(_clean(raw[start:offset]), line, left, right, place.baseline, place.size)
                    start, left = offset, box[0]
                right = max(right, box[1])
        else:
            box = self._box(unit + _n_units(raw) - 1)
            right = box[1] if box else left
        if text := _clean(raw[start:]):
            yield Word(text, line, left, max(left, right), place.baseline, place.size)

    def _place(self, unit: int) -> _Place | None:
        """Where the letter stands; None for writing up or down the page, which is neither a heading nor a cell."""
        index = self._char(unit)
        x, y, matrix = ctypes.c_double(), ctypes.c_double(), pdfium_c.FS_MATRIX()
        if not (
            index >= 0
            and pdfium_c.FPDFText_GetCharOrigin(self._text_page, index, x, y)
            and pdfium_c.FPDFText_GetMatrix(self._text_page, index, matrix)
        ):
            return None
        along, across = _turned(matrix.a, matrix.b, self._turns)
        if abs(across) > abs(along):
            return None
        left, baseline = self._upright(x.value, y.value)
        size = pdfium_c.FPDFText_GetFontSize(self._text_page, index) * math.hypot(matrix.c, matrix.d)
        return _Place(left, baseline, size) if math.isfinite(left + baseline + size) else None

    def _box(self, unit: int) -> tuple[float, float] | None:
        """From where to where a letter goes."""
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        if not pdfium_c.FPDFText_GetCharBox(self._text_page, self._char(unit), left, right, bottom, top):
            return None
        ends = (self._upright(left.value, bottom.value)[0], self._upright(right.value, top.value)[0])
        return min(ends), max(ends)

    def _char(self, unit: int) -> int:
        index: int = pdfium_c.FPDFText_GetCharIndexFromTextIndex(self._text_page, unit)
        return index

    def _upright(self, x: float, y: float) -> tuple[float, float]:
        turned = _turned(x, y, self._turns)
        shift = ((0.0, 0.0), (0.0, self._width), (self._width, self._height), (self._height, 0.0))[self._turns]
        return turned[0] + shift[0], turned[1] + shift[1]


def _n_pieces(row: Sequence[_Box]) -> int:
    """How many pieces a line falls into at wide gaps."""
    return 1 + sum(after.left - before.right > _FAR * before.height for before, after in pairwise(sorted(row)))


def _turned(x: float, y: float, quarter_turns: int) -> tuple[float, float]:
    """A vector turned clockwise, as a page is when it is shown."""
    for _ in range(quarter_turns):
        x, y = y, -x
    return x, y


def _clean(raw: str) -> str:
    """The text as it is printed: a word broken at its end keeps its hyphen."""
    printed = f"{raw[:-1]}-" if raw.endswith(tuple(_HYPHEN_MARKS)) else raw
    return canonical_text(without_bidi_controls(printed)).strip()


def _n_units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
