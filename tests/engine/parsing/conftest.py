"""Documents made for tests, and the promise that every parsed document keeps."""

from collections.abc import Callable

import pytest
from fpdf import FPDF

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits


@pytest.fixture(scope="session")
def limits() -> ParseLimits:
    return ParseLimits(max_pages=1000, max_chars=10_000_000)


@pytest.fixture(scope="session")
def assert_sound() -> Callable[[ParsedDocument], None]:
    return _assert_sound


@pytest.fixture
def pdf() -> FPDF:
    return blank_pdf()


def blank_pdf() -> FPDF:
    document = FPDF()
    document.set_font("Helvetica", size=12)
    return document


def _assert_sound(document: ParsedDocument) -> None:
    text = document.text
    text.encode("utf-8")
    assert not any(ord(character) < 0x20 and character not in "\n\t" for character in text)
    assert "\ufeff" not in text
    position = 0
    for block in document.blocks:
        assert position <= block.start_char < block.end_char <= len(text)
        assert not text[position : block.start_char].strip()
        content = text[block.start_char : block.end_char]
        assert content == content.strip()
        position = block.end_char
    assert not text[position:].strip()
    position = 0
    for number, page in enumerate(document.pages, start=1):
        assert page.number == number
        assert position <= page.start_char <= page.end_char <= len(text)
        position = page.end_char
