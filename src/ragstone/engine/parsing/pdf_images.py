"""Pictures of PDF pages, for whoever reads writing from pictures."""

import math
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ragstone.engine.parsing.problems import DocumentCorrupt

_POINTS_PER_INCH: Final = 72
_DOTS_PER_INCH: Final = 300  # What tesseract's models were trained with.
MAX_PIXELS: Final = 16_000_000
"""The most pixels of one picture: a page of A4 has half as many. Larger pages are drawn more coarsely."""


@dataclass(frozen=True, slots=True)
class PageImage:
    """Page `number`, counted from 1, as grey pixels of one byte each, row by row."""

    number: int
    width: int
    height: int
    pixels: bytes


def draw_pages(content: bytes, password: str | None, numbers: Iterable[int], max_pixels: int) -> tuple[PageImage, ...]:
    """Those pages that have anything on them, in order, as many as `max_pixels` allow, but at least one.

    Raises `DocumentCorrupt` for a file that is no PDF, or does not open by the password.
    """
    images: list[PageImage] = []
    try:
        with closing(pdfium.PdfDocument(content, password=password)) as pdf:
            for number in numbers:
                image = _draw(pdf, number)
                if image and images and sum(len(other.pixels) for other in (*images, image)) > max_pixels:
                    break
                images += [image] if image else []
    except (pdfium.PdfiumError, IndexError) as error:
        raise DocumentCorrupt(media_type="application/pdf") from error
    return tuple(images)


def _draw(pdf: pdfium.PdfDocument, number: int) -> PageImage | None:
    with closing(pdf[number - 1]) as page:
        width, height = page.get_size()
        if pdfium_c.FPDFPage_CountObjects(page) <= 0 or width * height <= 0:
            return None
        scale = min(_DOTS_PER_INCH / _POINTS_PER_INCH, math.sqrt(MAX_PIXELS / (width * height)))
        with closing(page.render(scale=scale, grayscale=True)) as bitmap:
            view = memoryview(bitmap.buffer)
            rows = (
                view[start : start + bitmap.width] for start in range(0, bitmap.stride * bitmap.height, bitmap.stride)
            )
            return PageImage(number, bitmap.width, bitmap.height, b"".join(rows))
