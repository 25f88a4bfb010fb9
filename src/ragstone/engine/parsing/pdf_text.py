"""The lines of a PDF page with their place and size, by pdfium."""

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ragstone.engine.parsing.canonical import canonical_text, without_bidi_controls

_LINE: Final = re.compile("[^\n\ufffe\x02]*[\ufffe\x02]?")
_HYPHEN_MARKS: Final = "\ufffe\x02"  # pdfium's own signs for a hyphen at which it joined two lines into one.


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page. `left`, `baseline` and `size` of its first letter are in points; size 0 means unknown."""

    text: str
    left: float = 0.0
    baseline: float = 0.0
    size: float = 0.0


def page_lines(page: pdfium.PdfPage) -> tuple[Line, ...]:
    """The lines of a page that are not blank, in the order pdfium reads them."""
    text_page = page.get_textpage()
    try:
        return tuple(_iter_lines(text_page))
    finally:
        text_page.close()


def _iter_lines(text_page: pdfium.PdfTextPage) -> Iterator[Line]:
    content = text_page.get_text_range()
    unit = end = 0  # pdfium counts in UTF-16 units.
    for match in _LINE.finditer(content):
        raw = match.group()
        text = canonical_text(without_bidi_controls(_with_hyphen(raw))).strip()
        if not text:
            continue
        start = match.start() + len(raw) - len(raw.lstrip())
        unit, end = unit + _n_units(content[end:start]), start
        yield _placed(text_page, text, unit)


def _with_hyphen(raw: str) -> str:
    """The line as it is printed: a word broken at its end stays broken, so that a quote is what the page says."""
    return f"{raw[:-1]}-" if raw.endswith(tuple(_HYPHEN_MARKS)) else raw


def _placed(text_page: pdfium.PdfTextPage, text: str, unit: int) -> Line:
    index = pdfium_c.FPDFText_GetCharIndexFromTextIndex(text_page, unit)
    left, baseline, matrix = ctypes.c_double(), ctypes.c_double(), pdfium_c.FS_MATRIX()
    if not (
        index >= 0
        and pdfium_c.FPDFText_GetCharOrigin(text_page, index, left, baseline)
        and pdfium_c.FPDFText_GetMatrix(text_page, index, matrix)
    ):
        return Line(text)
    if abs(matrix.b) > abs(matrix.a):  # Writing up or down the page's margin is neither a heading nor a column's line.
        return Line(text)
    size = pdfium_c.FPDFText_GetFontSize(text_page, index) * math.hypot(matrix.c, matrix.d)
    is_placed = math.isfinite(left.value + baseline.value + size)
    return Line(text, left.value, baseline.value, size) if is_placed else Line(text)


def _n_units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
