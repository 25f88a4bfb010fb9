"""Documents with scanned pages: the parser process draws them, tesseract reads them, the parser puts them together."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Final, Protocol

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.pdf_images import PageImage
from ragstone.engine.parsing.problems import DocumentHasNoText
from ragstone.features.ingestion.sandbox.ocr import Ocr, read_image
from ragstone.kit.problem import Problem

_MEDIA_TYPE: Final = "application/pdf"
_MAX_CHARS: Final = 2_000_000  # They travel in the header of a message.


class Draws(Protocol):
    """Draws pages of a document: some of those asked for, in order, and none when none of them shows anything."""

    async def __call__(self, numbers: Sequence[int]) -> tuple[PageImage, ...]:
        """The pictures. Raises what a parser raises."""


def pages_to_read(ending: tuple[ParsedDocument, str] | Problem, max_pages: int) -> list[int]:
    """The numbers of a PDF's first pages without text, however reading it ended."""
    if isinstance(ending, DocumentHasNoText):
        n_pages = ending.facts.get("n_pages")
        is_pdf = ending.facts.get("media_type") == _MEDIA_TYPE
        numbers: Iterable[int] = range(1, n_pages + 1) if is_pdf and isinstance(n_pages, int) else ()
    elif isinstance(ending, Problem):
        numbers = ()
    else:
        document, media_type = ending
        empty = (page.number for page in document.pages if page.start_char == page.end_char)
        numbers = empty if media_type == _MEDIA_TYPE else ()
    return list(numbers)[:max_pages]


async def read_pages(ocr: Ocr, draw: Draws, numbers: Sequence[int]) -> Mapping[int, str]:
    """The texts of those pages that have any. Raises what `draw` raises."""
    texts: dict[int, str] = {}
    async for image in _iter_images(draw, numbers):
        if text := await read_image(ocr, image):
            texts[image.number] = text
        if sum(map(len, texts.values())) > _MAX_CHARS:
            break
    return texts


async def _iter_images(draw: Draws, numbers: Sequence[int]) -> AsyncIterator[PageImage]:
    rest = list(numbers)
    while rest and (images := await draw(rest)):
        for image in images:
            yield image
        rest = [number for number in rest if number > images[-1].number]
