import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.office.ppt import parse_ppt
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted, DocumentTooLarge

PPT = "application/vnd.ms-powerpoint"
REAL = Path(__file__).parents[5] / "shared" / "data" / "documents" / "ppt" / "unstructured__fake-power-point.ppt"
Compound = Callable[[Mapping[str, bytes]], bytes]
Shown = Callable[[ParsedDocument], list[tuple[str, str]]]


def record(kind: int, body: bytes, instance: int = 0, *, is_container: bool = False) -> bytes:
    return struct.pack("<HHI", instance << 4 | (0x0F if is_container else 0), kind, len(body)) + body


def text(kind: int, content: str) -> bytes:
    is_narrow = all(ord(character) < 0x100 for character in content)
    body = record(0x0FA8, content.encode("latin-1")) if is_narrow else record(0x0FA0, content.encode("utf-16-le"))
    return record(0x0F9F, struct.pack("<I", kind)) + body


def slide(*boxes: bytes, notes_id: int = 0, kind: int = 0x03EE) -> bytes:
    atom = record(0x03EF, struct.pack("<I8xIIHH", 0, 0, notes_id, 0, 0))
    drawing = b"".join(record(0xF004, record(0xF00D, box), is_container=True) for box in boxes)
    return record(kind, atom + record(0x040C, drawing, is_container=True), is_container=True)


def streams(slides: list[tuple[bytes, bytes]], notes: bytes = b"") -> dict[str, bytes]:
    """A presentation of slides, each with the texts its outline keeps; `notes` belong to the notes of number 7."""
    persist = [
        struct.pack("<III", number, 0, 0) + struct.pack("<II", number + 256, 0) for number in range(2, 3 + len(slides))
    ]
    outline = b"".join(record(0x03F3, atom) + kept for atom, (_, kept) in zip(persist, slides, strict=False))
    of_notes = record(0x03F3, struct.pack("<5I", 2 + len(slides), 0, 0, 7, 0))
    lists = record(0x0FF0, outline, 0, is_container=True) + record(0x0FF0, of_notes, 2, is_container=True)
    objects = [record(0x03E8, lists, is_container=True), *(shapes for shapes, _ in slides), notes or slide(kind=0x03F0)]
    places, stream = [], b""
    for content in objects:
        places.append(len(stream))
        stream += content
    directory = len(stream)
    stream += record(0x1772, struct.pack(f"<I{len(places)}I", len(places) << 20 | 1, *places))
    edit = len(stream)
    stream += record(0x0FF5, struct.pack("<IIIIIIHH", 0, 0, 0, directory, 1, 0, 0, 0))
    return {
        "PowerPoint Document": stream,
        "Current User": record(0x0FF6, struct.pack("<III", 20, 0xE391C05F, edit) + bytes(8)),
    }


def test_slides_are_pages_in_their_order_with_boxes_and_notes(
    compound_file: Compound, options: ParseOptions, shown: Shown
) -> None:
    first = slide(
        text(4, "a box"), record(0x0F9E, struct.pack("<I", 0)), record(0x0F9E, struct.pack("<I", 1)), notes_id=7
    )
    kept = text(0, "العنوان") + text(1, "one\rtwo\x0bmore") + text(4, "kept only")
    notes = slide(text(2, "say this"), text(4, "*"), kind=0x03F0)
    document = parse_ppt(compound_file(streams([(first, kept), (slide(text(4, "last")), b"")], notes)), options)
    assert shown(document) == [
        ("heading", "العنوان"),
        ("paragraph", "kept only"),
        ("paragraph", "a box"),
        ("list_item", "one"),
        ("list_item", "two\nmore"),
        ("paragraph", "say this"),
        ("paragraph", "last"),
    ]
    assert document.blocks[-1].headings == ()
    assert [document.text[page.start_char : page.end_char][-4:] for page in document.pages] == ["this", "last"]
    assert document.metadata["slides"] == 2


@given(boxes=st.lists(st.text("ab\u0627\r\x0b* ", max_size=6), max_size=5))
def test_whatever_a_slide_holds_its_blocks_are_sound(
    compound_file: Compound,
    options: ParseOptions,
    assert_sound: Callable[[ParsedDocument], None],
    boxes: list[str],
) -> None:
    shapes = slide(*(text(number % 9, content) for number, content in enumerate(boxes)))
    assert_sound(parse_ppt(compound_file(streams([(shapes, b"")])), options))


def test_more_slides_than_pages_are_allowed_are_too_many(compound_file: Compound) -> None:
    with pytest.raises(DocumentTooLarge):
        parse_ppt(compound_file(streams([(slide(), b"")] * 3)), ParseOptions(ParseLimits(max_pages=2, max_chars=100)))


def test_damaged_presentations_raise_problems_only(
    compound_file: Compound, assert_only_problems: Callable[[bytes, str], None]
) -> None:
    assert_only_problems(compound_file(streams([(slide(text(4, "a")), text(0, "b"))])), PPT)


@pytest.mark.skipif(not REAL.exists(), reason="the development data is not beside the repository")
def test_a_presentation_that_powerpoint_saved_is_read(options: ParseOptions, shown: Shown) -> None:
    assert shown(parse_ppt(REAL.read_bytes(), options))[0] == ("heading", "Adding a Bullet Slide")


def test_an_encrypted_presentation_is_told_to_be_one(compound_file: Compound, options: ParseOptions) -> None:
    encrypted = {"PowerPoint Document": b"x", "Current User": struct.pack("<12xII20x", 0xF3D1C4DF, 0)}
    with pytest.raises(DocumentEncrypted):
        parse_ppt(compound_file(encrypted), options)


def test_what_is_no_presentation_is_corrupt(compound_file: Compound, options: ParseOptions) -> None:
    broken = {"PowerPoint Document": b"x", "Current User": bytes(40)}
    for content in (b"", b"text", compound_file({"Other": b"x"}), compound_file(broken)):
        with pytest.raises(DocumentCorrupt):
            parse_ppt(content, options)
