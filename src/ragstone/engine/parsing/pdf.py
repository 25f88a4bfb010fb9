"""PDF: pdfium reads every page; a page in a right-to-left script is read by pypdf as well.

pdfium may be entered by one thread of a process at a time.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Final

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from pypdf import PdfReader
from pypdf.errors import LimitReachedError
from pypdf.generic import DictionaryObject

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.document import MetadataValue, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.pdf_facts import pdf_metadata
from ragstone.engine.parsing.pdf_hyphens import join_broken_words
from ragstone.engine.parsing.pdf_layout import Bookmark, Page, lay_out
from ragstone.engine.parsing.pdf_tables import with_tables
from ragstone.engine.parsing.pdf_text import Line, PageText
from ragstone.engine.parsing.problems import (
    DocumentCorrupt,
    DocumentEmpty,
    DocumentEncrypted,
    DocumentHasNoText,
)
from ragstone.engine.parsing.right_to_left import (
    choose_reading,
    is_right_to_left,
    mend_runs,
    normalise_right_to_left,
)
from ragstone.kit.problem import Problem

_MEDIA_TYPE: Final = "application/pdf"
_REMOVE_SECURITY: Final = 3  # FPDF_REMOVE_SECURITY of fpdf_save.h.


def parse_pdf(content: bytes, options: ParseOptions) -> ParsedDocument:
    """A PDF that opens without a password, with an empty one, or with that of the options.

    Raises `DocumentCorrupt`, `DocumentEncrypted`, `DocumentEmpty` (blank), `DocumentHasNoText` (pictures only) and
    `DocumentTooLarge`.
    """
    try:
        with closing(pdfium.PdfDocument(content, password=options.password)) as pdf:
            return _parse(pdf, content, options)
    except Problem:
        raise
    except Exception as error:
        if isinstance(error, pdfium.PdfiumError) and error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            raise DocumentEncrypted(media_type=_MEDIA_TYPE) from error
        raise DocumentCorrupt(media_type=_MEDIA_TYPE) from error


def _parse(pdf: pdfium.PdfDocument, content: bytes, options: ParseOptions) -> ParsedDocument:
    limits = options.limits
    limits.check(n_pages=len(pdf))
    reader = _find_reader(_decrypted(pdf, content))
    pages = []
    n_chars = 0
    n_scanned = 0
    for number, printed in enumerate(_iter_pages(pdf, reader), start=1):
        scanned = None if printed.lines else _scanned(options.page_texts.get(number, ""))
        n_scanned += scanned is not None
        page = scanned or printed
        n_chars += sum(len(line.text) + 1 for line in page.lines)
        limits.check(n_chars=n_chars)
        pages.append(page)
    if not n_chars:
        _refuse_textless(pdf, reader)
    text, blocks, ranges = lay_out(join_broken_words(pages), tuple(_iter_bookmarks(pdf)))
    metadata = pdf_metadata(pdf) | ({"ocr_pages": n_scanned} if n_scanned else {})
    labelled = tuple(replace(page, label=_label(pdf, page.number)) for page in ranges)
    return ParsedDocument(text, blocks, labelled, _title(metadata), metadata)


def _iter_pages(pdf: pdfium.PdfDocument, reader: PdfReader | None) -> Iterator[Page]:
    for index in range(len(pdf)):
        lines = _lines(pdf, index)
        by_position = "\n".join(line.text for line in lines)
        if not is_right_to_left(by_position):
            yield Page(lines)
            continue
        text = choose_reading(normalise_right_to_left(by_position), _reading_by_content(reader, index))
        texts = [line.strip() for line in mend_runs(text).split("\n") if line.strip()]
        if len(texts) == len(lines):  # Then they are the same lines, and have a size and a place.
            yield Page(tuple(replace(line, text=text, left=0.0) for line, text in zip(lines, texts, strict=True)))
        else:
            yield Page(tuple(map(Line, texts)), is_placed=False)


def _scanned(text: str) -> Page | None:
    """A page by what was read from its picture; blank lines part its paragraphs."""
    lines = tuple(Line(line.strip()) for line in canonical_text(text).strip().split("\n"))
    return Page(lines, is_placed=False) if any(line.text for line in lines) else None


def _lines(pdf: pdfium.PdfDocument, index: int) -> tuple[Line, ...]:
    with closing(pdf[index]) as page, closing(PageText(page)) as text:
        lines = text.lines()
        if not text.has_cells() or is_right_to_left("\n".join(line.text for line in lines)):
            return lines
        return with_tables(lines, tuple(text.words()))


def _label(pdf: pdfium.PdfDocument, number: int) -> str | None:
    """What the document calls a page, if that is not its number."""
    label = " ".join(canonical_text(pdf.get_page_label(number - 1)).split())
    return label if label and label != str(number) else None


def _decrypted(pdf: pdfium.PdfDocument, content: bytes) -> bytes:
    """The file without encryption, which pdfium removes and pypdf alone could not."""
    if pdfium_c.FPDF_GetSecurityHandlerRevision(pdf) < 0:
        return content
    copy = io.BytesIO()
    pdf.save(copy, flags=_REMOVE_SECURITY)
    return copy.getvalue()


def _find_reader(content: bytes) -> PdfReader | None:
    """The file as pypdf sees it, or None where it sees no pages and only PDFium makes something of the damage.

    A page count that is an object inside itself is an attack or a wreck: PDFium shows only some page of it.
    """
    try:
        reader = PdfReader(io.BytesIO(content))
        pages = reader.root_object["/Pages"]
        assert isinstance(pages, DictionaryObject)
        assert pages["/Count"] is not None
    except LimitReachedError as error:
        raise DocumentCorrupt(media_type=_MEDIA_TYPE) from error
    except Exception:  # noqa: BLE001 - over a damaged file pypdf raises anything at all.
        return None
    return reader


def _reading_by_content(reader: PdfReader | None, index: int) -> str:
    """The text of a page by pypdf, or nothing where it cannot read the page."""
    try:
        return normalise_right_to_left(reader.pages[index].extract_text()) if reader else ""
    except Exception:  # noqa: BLE001 - over a damaged page pypdf raises anything at all.
        return ""


def _refuse_textless(pdf: pdfium.PdfDocument, reader: PdfReader | None) -> None:
    for index in range(len(pdf)):
        with closing(pdf[index]) as page:
            if pdfium_c.FPDFPage_CountObjects(page) > 0:
                raise DocumentHasNoText(media_type=_MEDIA_TYPE, n_pages=len(pdf))
    # A cross-reference table that names objects the trailer rules out has lost its pages' content.
    size = int(reader.trailer.get("/Size", 0)) if reader else 0
    if reader is None or any(number >= size for numbers in reader.xref.values() for number in numbers):
        raise DocumentCorrupt(media_type=_MEDIA_TYPE)
    raise DocumentEmpty(media_type=_MEDIA_TYPE)


def _iter_bookmarks(pdf: pdfium.PdfDocument) -> Iterator[Bookmark]:
    for bookmark in pdf.get_toc():
        destination = bookmark.get_dest()
        page_index = destination.get_index() if destination else None
        if page_index is not None:
            yield Bookmark(page_index, bookmark.level + 1, canonical_text(bookmark.get_title()))


def _title(metadata: Mapping[str, MetadataValue]) -> str | None:
    title = metadata.get("title")
    return title if isinstance(title, str) else None
