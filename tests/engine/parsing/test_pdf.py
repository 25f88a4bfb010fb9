from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from fpdf import FPDF
from fpdf.enums import AccessPermission, EncryptionMethod
from hypothesis import given, settings
from hypothesis import strategies as st

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.pdf import parse_pdf
from ragstone.engine.parsing.problems import (
    DocumentCorrupt,
    DocumentEmpty,
    DocumentEncrypted,
    DocumentHasNoText,
    DocumentTooLarge,
)
from ragstone.kit.problem import Problem

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
LONG = "Ragstone keeps every word of a page so that a quotation can be found again in it by anyone who reads. "
needs_font = pytest.mark.skipif(not FONT.exists(), reason="DejaVu Sans, a font with Arabic letters, is not installed")


def blank_pdf() -> FPDF:
    document = FPDF()
    document.set_font("Helvetica", size=12)
    return document


def rows(document: ParsedDocument) -> list[tuple[BlockKind, str]]:
    return [(block.kind, document.text[block.start_char : block.end_char]) for block in document.blocks]


def two_pages(pdf: FPDF) -> bytes:
    pdf.add_page()
    pdf.multi_cell(0, 6, LONG * 3)
    pdf.ln(10)
    pdf.multi_cell(0, 6, "A paragraph of its own.")
    pdf.add_page()
    pdf.add_page()
    pdf.multi_cell(0, 6, "Third page.")
    return bytes(pdf.output())


def test_pages_are_ranges_and_paragraphs_join_wrapped_lines(pdf: FPDF, limits: ParseLimits) -> None:
    document = parse_pdf(two_pages(pdf), ParseOptions(limits))
    blocks = rows(document)
    assert [" ".join(text.split()) for _, text in blocks] == [
        (LONG * 3).strip(),
        "A paragraph of its own.",
        "Third page.",
    ]
    assert "\n" in blocks[0][1]
    assert [document.text[page.start_char : page.end_char] for page in document.pages][1:] == ["", "Third page."]


def test_what_the_file_says_of_itself_becomes_metadata(pdf: FPDF, limits: ParseLimits) -> None:
    pdf.set_title("A title")
    pdf.set_author("Ada")
    pdf.set_keywords("pelicans, herons, pelicans")
    pdf.set_subject("Birds")
    pdf.embed_file(bytes=b"x", basename="list.txt")
    document = parse_pdf(two_pages(pdf), ParseOptions(limits))
    assert document.title == "A title"
    assert document.metadata["author"] == "Ada"
    assert document.metadata["keywords"] == ("pelicans", "herons")
    assert document.metadata["subject"] == "Birds"
    assert document.metadata["attachments"] == ("list.txt",)
    assert document.metadata["pages"] == 3
    assert str(document.metadata["date"])[4:5] == "-"


def test_pages_keep_the_labels_that_are_not_their_numbers(pdf: FPDF, limits: ParseLimits) -> None:
    for label in ({"label_style": "r"}, {"label_style": "D", "label_start": 1, "label_prefix": "A-"}):
        pdf.add_page(**label)
        pdf.multi_cell(0, 6, "Text.")
    document = parse_pdf(bytes(pdf.output()), ParseOptions(limits))
    assert [page.label for page in document.pages] == ["i", "A-1"]
    assert {page.label for page in parse_pdf(two_pages(blank_pdf()), ParseOptions(limits)).pages} == {None}


def test_larger_letters_make_headings(pdf: FPDF, limits: ParseLimits) -> None:
    pdf.add_page()
    for heading in ("First", "Second"):
        pdf.set_font(size=20)
        pdf.cell(0, 12, heading, new_x="LMARGIN", new_y="NEXT")
        pdf.set_font(size=12)
        pdf.multi_cell(0, 6, LONG * 2)
    document = parse_pdf(bytes(pdf.output()), ParseOptions(limits))
    assert [(block.kind, block.headings) for block in document.blocks] == [
        (BlockKind.HEADING, ()),
        (BlockKind.PARAGRAPH, ("First",)),
        (BlockKind.HEADING, ()),
        (BlockKind.PARAGRAPH, ("Second",)),
    ]


def test_bookmarks_name_headings(pdf: FPDF, limits: ParseLimits) -> None:
    pdf.add_page()
    pdf.start_section("Part one")
    pdf.cell(0, 6, "1 Part One", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(8)
    pdf.cell(0, 6, "Text below.")
    document = parse_pdf(bytes(pdf.output()), ParseOptions(limits))
    assert rows(document)[0] == (BlockKind.HEADING, "1 Part One")
    assert document.blocks[1].headings == ("1 Part One",)


@needs_font
def test_shaped_arabic_is_read_as_plain_letters_in_reading_order(pdf: FPDF, limits: ParseLimits) -> None:
    pdf.add_font("DejaVu", fname=FONT)
    pdf.set_font("DejaVu", size=14)
    pdf.set_text_shaping(use_shaping_engine=True)
    pdf.add_page()
    pdf.cell(0, 10, "الإنتاجية وحل المشكلات", new_x="LMARGIN", new_y="NEXT")
    text = parse_pdf(bytes(pdf.output()), ParseOptions(limits)).text
    assert text == "الإنتاجية وحل المشكلات"


@needs_font
def test_a_page_from_right_to_left_has_headings_and_list_items(pdf: FPDF, limits: ParseLimits) -> None:
    pdf.add_font("DejaVu", fname=FONT)
    pdf.set_text_shaping(use_shaping_engine=True)
    pdf.add_page()
    for size, text in (
        (20, "المنارة"),
        (12, "هذا دليل حراس المنارة وفيه ما تعلمناه."),
        (12, "• المصباح"),
    ):
        pdf.set_font("DejaVu", size=size)
        pdf.cell(0, 12, text, new_x="LMARGIN", new_y="NEXT", align="R")
    document = parse_pdf(bytes(pdf.output()), ParseOptions(limits))
    assert [kind for kind, _ in rows(document)] == [BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM]
    assert document.blocks[1].headings == ("المنارة",)


@pytest.mark.parametrize("method", [EncryptionMethod.RC4, EncryptionMethod.NO_ENCRYPTION])
def test_a_file_that_only_its_owner_may_change_is_read(
    pdf: FPDF, limits: ParseLimits, method: EncryptionMethod
) -> None:
    pdf.set_encryption(owner_password="owner", encryption_method=method, permissions=AccessPermission.none())
    assert parse_pdf(two_pages(pdf), ParseOptions(limits)).text.endswith("Third page.")


def test_a_file_with_a_password_opens_by_it_alone(pdf: FPDF, limits: ParseLimits) -> None:
    pdf.set_encryption(owner_password="owner", user_password="user")
    content = two_pages(pdf)
    for password in (None, "", "wrong"):
        with pytest.raises(DocumentEncrypted):
            parse_pdf(content, ParseOptions(limits, password))
    assert parse_pdf(content, ParseOptions(limits, "user")).text.endswith("Third page.")
    assert parse_pdf(content, ParseOptions(limits, "owner")).text.endswith("Third page.")


def test_blank_pages_are_empty_and_drawn_ones_have_no_text(pdf: FPDF, limits: ParseLimits) -> None:
    pdf.add_page()
    with pytest.raises(DocumentHasNoText) as caught:
        parse_pdf(drawing(), ParseOptions(limits))
    assert caught.value.facts == {"media_type": "application/pdf", "n_pages": 1}
    with pytest.raises(DocumentEmpty):
        parse_pdf(bytes(pdf.output()), ParseOptions(limits))


def drawing() -> bytes:
    document = FPDF()
    document.add_page()
    document.rect(10, 10, 50, 50)
    return bytes(document.output())


def test_a_circular_page_tree_is_corrupt(limits: ParseLimits) -> None:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 6 0 R >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length 40 >>\nstream\nBT /F 1 Tf 1 1 Td (shown text) Tj ET        \nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length 6 0 R >>\nstream\n2\nendstream",
    ]
    assert parse_pdf(pdf_of([*objects[:5], b"1"]), ParseOptions(limits)).text == "shown text"
    with pytest.raises(DocumentCorrupt):
        parse_pdf(pdf_of(objects), ParseOptions(limits))


def pdf_of(objects: list[bytes]) -> bytes:
    """A file with a sound cross-reference table; the first object is its catalogue."""
    content, offsets = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    return (
        content + head + table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(content))
    )


def test_limits_on_pages_and_characters_hold(pdf: FPDF) -> None:
    content = two_pages(pdf)
    with pytest.raises(DocumentTooLarge) as caught:
        parse_pdf(content, ParseOptions(ParseLimits(max_pages=2, max_chars=10_000)))
    assert caught.value.facts == {"max_pages": 2, "max_chars": 10_000}
    with pytest.raises(DocumentTooLarge):
        parse_pdf(content, ParseOptions(ParseLimits(max_pages=3, max_chars=20)))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_gives_a_sound_document_or_a_problem(
    assert_sound: Callable[[ParsedDocument], None], limits: ParseLimits, data: st.DataObject
) -> None:
    document = FPDF()
    document.set_font("Helvetica", size=12)
    content = bytearray(two_pages(document))
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    with suppress(Problem):
        assert_sound(parse_pdf(bytes(content[:cut]), ParseOptions(limits)))
