import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.office.doc import parse_doc
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted

DOC = "application/msword"
REAL = Path(__file__).parents[5] / "shared" / "data" / "documents" / "doc" / "unstructured__simple.doc"
HEADING = struct.pack("<H", 2)
CELL = struct.pack("<HHB", 0, 0x2416, 1)
ROW = struct.pack("<HHBHB", 0, 0x2416, 1, 0x2417, 1)
ITEM = struct.pack("<HHH", 0, 0x460B, 3)
PLAIN = b"\0\0"
Compound = Callable[[Mapping[str, bytes]], bytes]
Shown = Callable[[ParsedDocument], list[tuple[str, str]]]


def streams(paragraphs: Sequence[tuple[str, bytes]], notes: str = "", margins: str = "") -> dict[str, bytes]:
    """The streams of a document of paragraphs, each with its mark and its properties, in two pieces of text."""
    story = "".join(text for text, _ in paragraphs)
    text = story + notes + margins
    main = bytearray(0x800)
    struct.pack_into("<HH", main, 0, 0xA5EC, 0x00C1)
    struct.pack_into("<H", main, 0x0A, 0x0200)
    struct.pack_into("<8I", main, 0x4C, len(story), len(notes), len(margins), 0, 0, 0, 0, 0)
    half = len(text) // 2
    places = (0x800, 0x800 + 2 * half)
    main += text.encode("utf-16-le")
    main += bytes(-len(main) % 512)
    n_page, page = len(main) // 512, bytearray(512)
    ends = [0x800]
    for paragraph, _ in paragraphs:
        ends.append(ends[-1] + 2 * len(paragraph))
    struct.pack_into(f"<{len(ends)}I", page, 0, *ends)
    position = 510
    for number, (_, properties) in enumerate(paragraphs):
        size = 2 + len(properties) + len(properties) % 2
        position -= size
        page[position : position + 2] = bytes([0, (size - 2) // 2])
        page[position + 2 : position + 2 + len(properties)] = properties
        page[4 * len(ends) + 13 * number] = position // 2
    page[511] = len(paragraphs)
    main += page
    table = bytearray(b"\1\2\0xx\2" + struct.pack("<I", 4 * 3 + 8 * 2) + struct.pack("<3I", 0, half, len(text)))
    for place in places:
        table += struct.pack("<HIH", 0, place, 0)
    struct.pack_into("<II", main, 0x01A2, 0, len(table))
    struct.pack_into("<II", main, 0x0102, len(table), 12)
    table += struct.pack("<III", 0x800, ends[-1], n_page)
    return {"WordDocument": bytes(main), "1Table": bytes(table)}


def test_headings_items_tables_notes_and_margins_are_told_apart(
    compound_file: Compound, options: ParseOptions, shown: Shown
) -> None:
    document = parse_doc(
        compound_file(
            streams(
                [
                    ("الفصل\r", HEADING),
                    ("text with \x13 HYPERLINK x \x14a link\x15\x0band\x1emore\x1f\r", PLAIN),
                    ("point\r", ITEM),
                    ("City\x07", CELL),
                    ("Sold\x07", CELL),
                    ("\x07", ROW),
                    ("two\r", CELL),
                    ("lines\x07", CELL),
                    ("12\x07", CELL),
                    ("\x07", ROW),
                    ("end\r", PLAIN),
                ],
                notes="\x02 the note\r",
                margins="Company\rCompany\r12\r",
            )
        ),
        options,
    )
    assert shown(document) == [
        ("heading", "الفصل"),
        ("paragraph", "text with a link\nand-more"),
        ("list_item", "point"),
        ("table_row", "City: two lines | Sold: 12"),
        ("paragraph", "end"),
        ("paragraph", "the note"),
        ("paragraph", "Company"),
    ]
    assert document.title == "الفصل"


def test_text_of_word_6_is_read(compound_file: Compound, options: ParseOptions) -> None:
    main = bytearray(0x300)
    text = "old caf\xe9\rtwo\r".encode("cp1252")
    struct.pack_into("<HH", main, 0, 0xA5DC, 0x0065)
    struct.pack_into("<II", main, 0x18, 0x300, 0x300 + len(text))
    assert parse_doc(compound_file({"WordDocument": bytes(main) + text}), options).text == "old café\n\ntwo"


@given(texts=st.lists(st.text("ab\u0627\x07\x0c\x13\x14\x15 \u0301", max_size=5), min_size=1, max_size=6))
def test_whatever_a_document_holds_its_blocks_are_sound(
    compound_file: Compound,
    options: ParseOptions,
    assert_sound: Callable[[ParsedDocument], None],
    texts: list[str],
) -> None:
    paragraphs = [(f"{text}\r", CELL if number % 3 == 2 else PLAIN) for number, text in enumerate(texts)]
    assert_sound(parse_doc(compound_file(streams(paragraphs)), options))


def test_damaged_documents_raise_problems_only(
    compound_file: Compound, assert_only_problems: Callable[[bytes, str], None]
) -> None:
    assert_only_problems(compound_file(streams([("City\x07", CELL), ("\x07", ROW), ("end\r", HEADING)])), DOC)


@pytest.mark.skipif(not REAL.exists(), reason="the development data is not beside the repository")
def test_a_document_that_word_saved_is_read(
    options: ParseOptions, shown: Shown, assert_only_problems: Callable[[bytes, str], None]
) -> None:
    document = parse_doc(REAL.read_bytes(), options)
    assert shown(document)[0] == ("heading", "These are a few of my favorite things:")
    assert document.metadata["author"] == "python-docx"
    assert_only_problems(REAL.read_bytes(), DOC)


def test_an_encrypted_document_is_told_to_be_one(compound_file: Compound, options: ParseOptions) -> None:
    main = struct.pack("<HH6xH", 0xA5EC, 0x00C1, 0x0300)
    with pytest.raises(DocumentEncrypted):
        parse_doc(compound_file({"WordDocument": main, "1Table": b"x"}), options)


def test_what_is_no_document_is_corrupt(compound_file: Compound, options: ParseOptions) -> None:
    for content in (b"", b"text", compound_file({"Other": b"x"}), compound_file({"WordDocument": b"x"})):
        with pytest.raises(DocumentCorrupt):
            parse_doc(content, options)
