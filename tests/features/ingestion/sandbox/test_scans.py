"""Scanned pages: drawn in the parser process, read by tesseract, put together as a document."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator

import pypdfium2 as pdfium
import pytest
from fpdf import FPDF
from tests.engine.parsing.manifest import DOCUMENTS

from ragstone.engine.parsing.limits import ParseLimits
from ragstone.engine.parsing.pdf_images import MAX_PIXELS, PageImage, draw_pages
from ragstone.engine.parsing.problems import DocumentHasNoText
from ragstone.features.ingestion.sandbox.ocr import Ocr, find_tesseract, read_image
from ragstone.features.ingestion.sandbox.process import ParserProcess, SandboxLimits
from ragstone.features.ingestion.sandbox.reply import ReplyInvalid, read_images

LIMITS = SandboxLimits(memory_bytes=2**30, cpu_s=30, wall_s=60, parse=ParseLimits(max_pages=50, max_chars=100_000))
TESSERACT = find_tesseract(("eng", "ara"))
needs_tesseract = pytest.mark.skipif(TESSERACT is None, reason="tesseract with English is not installed")


def printed(*texts: str, password: str | None = None) -> bytes:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=24)
    if password:
        pdf.set_encryption(owner_password="owner", user_password=password)
    for text in texts:
        pdf.add_page()
        pdf.multi_cell(0, 14, text)
    return bytes(pdf.output())


def scanned(*pages: str | None, password: str | None = None) -> bytes:
    """A PDF with a picture of each page; None is a page of printed text."""
    pdf = FPDF()
    pdf.set_font("Helvetica", size=24)
    if password:
        pdf.set_encryption(owner_password="owner", user_password=password)
    for page in pages:
        pdf.add_page()
        if page is None:
            pdf.multi_cell(0, 14, "Printed words.")
        else:
            picture = pdfium.PdfDocument(printed(page))[0].render(scale=2).to_pil()
            pdf.image(picture, x=0, y=0, w=pdf.w)
    return bytes(pdf.output())


@pytest.fixture
def ocr() -> Ocr:
    assert TESSERACT
    return Ocr(TESSERACT, max_pages=20, memory_bytes=2**30, cpu_s=30, wall_s=60)


@pytest.fixture
async def parser(ocr: Ocr) -> AsyncIterator[ParserProcess]:
    async with ParserProcess(LIMITS, ocr=ocr) as parser:
        yield parser


@needs_tesseract
async def test_a_scanned_document_is_read_page_by_page(parser: ParserProcess) -> None:
    document, media_type = await parser.parse(scanned("A pelican stands here.", "Herons fly north."))
    assert media_type == "application/pdf"
    assert [document.text[page.start_char : page.end_char] for page in document.pages] == [
        "A pelican stands here.",
        "Herons fly north.",
    ]
    assert document.metadata["ocr_pages"] == 2


@needs_tesseract
async def test_only_pages_without_text_are_read_from_their_picture(parser: ParserProcess) -> None:
    document, _ = await parser.parse(scanned(None, "Herons fly north.", None))
    assert document.text.split("\n\n") == ["Printed words.", "Herons fly north.", "Printed words."]
    assert document.metadata["ocr_pages"] == 1
    document, _ = await parser.parse(scanned(None))
    assert "ocr_pages" not in document.metadata


@needs_tesseract
async def test_an_encrypted_scan_is_read_with_its_password(parser: ParserProcess) -> None:
    document, _ = await parser.parse(scanned("Secret pelican.", password="sesame"), password="sesame")
    assert document.text == "Secret pelican."


@needs_tesseract
async def test_no_more_pages_are_read_than_the_limit(ocr: Ocr) -> None:
    async with ParserProcess(LIMITS, ocr=dataclasses.replace(ocr, max_pages=1)) as parser:
        document, _ = await parser.parse(scanned("A pelican.", "A heron."))
    assert (document.text, len(document.pages)) == ("A pelican.", 2)


@needs_tesseract
async def test_pictures_without_writing_leave_a_document_without_text(parser: ParserProcess) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.rect(50, 50, 50, 50)
    with pytest.raises(DocumentHasNoText):
        await parser.parse(bytes(pdf.output()))


@needs_tesseract
@pytest.mark.parametrize("change", [{"cpu_s": 0.0, "wall_s": 0.05}, {"memory_bytes": 2**20}])
async def test_a_page_that_takes_too_much_is_left_out(ocr: Ocr, change: dict[str, float]) -> None:
    (image,) = draw_pages(scanned("A pelican."), None, [1], MAX_PIXELS)
    assert await read_image(ocr, image) == "A pelican."
    starved = dataclasses.replace(ocr, **change)  # type: ignore[arg-type]  # Numbers, by name.
    assert await read_image(starved, image) == ""


@needs_tesseract
async def test_a_picture_that_is_none_has_no_text(ocr: Ocr) -> None:
    assert await read_image(ocr, PageImage(1, 5000, 5000, b"short")) == ""


@needs_tesseract
async def test_giving_up_on_a_page_ends_its_process(ocr: Ocr) -> None:
    (image,) = draw_pages(scanned("A pelican. " * 100), None, [1], MAX_PIXELS)
    reading = asyncio.create_task(read_image(ocr, image))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


@needs_tesseract
@pytest.mark.skipif(not DOCUMENTS.exists(), reason="the development data is not beside the repository")
@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("docling__ocr_test.pdf", "Docling bundles PDF document conversion to"),
        ("docling__ocr_test_rotated_90.pdf", "Docling bundles PDF document conversion to"),
        ("markitdown__MEDRPT-2024-PAT-3847_medical_report_scan.pdf", "COMPREHENSIVE MEDICAL REPORT"),
        ("unstructured__loremipsum-flat.pdf", "Lorem ipsum dolor sit amet, consectetur adipiscing elit."),
    ],
)
async def test_real_scans_are_read(parser: ParserProcess, file: str, words: str) -> None:
    document, _ = await parser.parse((DOCUMENTS / "pdf" / file).read_bytes())
    assert words in document.text


async def test_without_tesseract_a_scan_has_no_text() -> None:
    async with ParserProcess(LIMITS) as parser:
        with pytest.raises(DocumentHasNoText):
            await parser.parse(scanned("A pelican."))


def test_pages_are_drawn_in_portions_and_huge_ones_coarsely() -> None:
    content = printed("One", "Two", "Three")
    images = draw_pages(content, None, [1, 2, 3], 2 * MAX_PIXELS)
    assert [image.number for image in images] == [1, 2, 3]
    assert all(len(image.pixels) == image.width * image.height <= MAX_PIXELS for image in images)
    assert [image.number for image in draw_pages(content, None, [2, 3], 1)] == [2]
    huge = FPDF(format=(5000, 5000))
    huge.add_page()
    huge.rect(10, 10, 1000, 1000)
    (image,) = draw_pages(bytes(huge.output()), None, [1], 1)
    assert image.width * image.height <= 1.01 * MAX_PIXELS


@pytest.mark.parametrize(
    ("pages", "body"),
    [
        (None, b""),
        ([[1, 2, 2], [1, 2, 2]], b"x" * 8),
        ([[3, 1, 1]], b"x"),
        ([[2, 1, 1], [1, 1, 1]], b"xx"),
        ([[1, 2, 2]], b"xxx"),
        ([[1, 0, 2]], b""),
        ([[1, -1, -4]], b"xxxx"),
        ([[1, 2]], b"xx"),
        ([[1.0, 1, 1]], b"x"),
        (["abc"], b""),
    ],
)
def test_pictures_nobody_asked_for_are_invalid(pages: object, body: bytes) -> None:
    with pytest.raises(ReplyInvalid):
        read_images({"pages": pages}, body, [1, 2])
