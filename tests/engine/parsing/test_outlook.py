import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.parsing.ole import ole_file

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.packed_rtf import unpack_rtf
from ragstone.engine.parsing.parse import parse
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentHostile
from ragstone.kit.problem import Problem

OPTIONS = ParseOptions(ParseLimits(max_pages=100, max_chars=1_000_000))
MSG = "application/vnd.ms-outlook"
SHARED = Path("../shared/data/documents/msg")

Streams = dict[tuple[str, ...], bytes]


def text(identifier: int, value: str) -> Streams:
    return {(f"__substg1.0_{identifier:04X}001F",): value.encode("utf-16-le")}


def properties(head_bytes: int, *fixed: tuple[int, int, int]) -> Streams:
    table = b"".join(struct.pack("<HHIQ", kind, identifier, 6, value) for identifier, kind, value in fixed)
    return {("__properties_version1.0",): bytes(head_bytes) + table}


def below(name: str, streams: Streams) -> Streams:
    return {(name, *path): content for path, content in streams.items()}


def recipient(number: int, name: str, address: str, kind: int) -> Streams:
    streams = text(0x3001, name) | text(0x39FE, address) | properties(8, (0x0C15, 3, kind))
    return below(f"__recip_version1.0_#{number:08X}", streams)


def attachment(number: int, name: str, content: bytes) -> Streams:
    streams = text(0x3707, name) | {("__substg1.0_37010102",): content} | properties(8)
    return below(f"__attach_version1.0_#{number:08X}", streams)


HEAD = (
    text(0x0037, "تقرير")
    | text(0x0C1A, "Sara Ali")
    | text(0x5D01, "sara@x.org")
    | properties(32, (0x0039, 0x40, 133_173_345_740_000_000))
)


def read(streams: Streams) -> ParsedDocument:
    return parse(ole_file(streams), MSG, OPTIONS)


def blocks_of(document: ParsedDocument) -> list[tuple[str, tuple[str, ...]]]:
    return [(document.text[block.start_char : block.end_char], block.headings) for block in document.blocks]


def test_a_message_is_its_head_its_body_and_its_attachments(assert_sound: Callable[[ParsedDocument], None]) -> None:
    document = read(
        HEAD
        | text(0x1000, "Hello,\r\n\r\nsee below.")
        | recipient(0, "Omar", "omar@x.org", 1)
        | recipient(1, "", "cc@x.org", 2)
        | attachment(0, "table.csv", b"n,v\nx,1\n")
        | attachment(1, "photo.png", b"\x89PNG\r\n\x1a\n" + bytes(99))
    )
    assert_sound(document)
    assert blocks_of(document) == [
        (
            (
                "Subject: تقرير\nFrom: Sara Ali <sara@x.org>\nTo: Omar <omar@x.org>\nCc: cc@x.org\n"
                "Date: 2023-01-04T19:36:14+00:00"
            ),
            (),
        ),
        ("Hello,", ()),
        ("see below.", ()),
        ("table.csv", ()),
        ("n: x | v: 1", ("table.csv",)),
    ]
    assert document.title == "تقرير"
    assert document.metadata == {
        "attachments": ("table.csv", "photo.png"),
        "cc": ("cc@x.org",),
        "date": "2023-01-04T19:36:14+00:00",
        "from": "Sara Ali <sara@x.org>",
        "subject": "تقرير",
        "to": ("Omar <omar@x.org>",),
        "unread": ("photo.png",),
    }


def test_the_html_body_is_shown_in_its_code_page_where_the_plain_one_is_empty() -> None:
    html = "<h1>عرض</h1><p>نص الرسالة</p>".encode("cp1256")
    document = read(HEAD | properties(32, (0x3FDE, 3, 1256)) | text(0x1000, " ") | {("__substg1.0_10130102",): html})
    assert blocks_of(document)[1:] == [("عرض", ()), ("نص الرسالة", ("عرض",))]


def test_a_message_inside_a_message_is_a_section_with_its_own_attachments() -> None:
    inner = (
        text(0x0037, "Inner") | text(0x1000, "inner body") | attachment(0, "deep.txt", b"deep text") | properties(24)
    )
    outer = below("__attach_version1.0_#00000000", below("__substg1.0_3701000D", inner) | properties(8))
    assert blocks_of(read(HEAD | text(0x1000, "outer body") | outer))[1:] == [
        ("outer body", ()),
        ("Inner", ()),
        ("Subject: Inner", ("Inner",)),
        ("inner body", ("Inner",)),
        ("deep.txt", ("Inner",)),
        ("deep text", ("Inner", "deep.txt")),
    ]


def test_streams_that_share_their_bytes_are_refused() -> None:
    content = ole_file(HEAD | {(f"s{number:03}",): b"" for number in range(90)} | {("data",): bytes(20_000)})
    start = content.index("data".encode("utf-16-le")) + 116
    for number in range(90):
        at = content.index(f"s{number:03}".encode("utf-16-le")) + 116
        content = content[:at] + content[start : start + 12] + content[at + 12 :]
    with pytest.raises(DocumentHostile):
        parse(content, MSG, OPTIONS)


def test_an_ole_file_that_is_no_message_is_corrupt() -> None:
    with pytest.raises(DocumentCorrupt):
        read({("WordDocument",): b"x"})


def test_compressed_rtf_is_unpacked() -> None:
    """The examples of MS-OXRTFCP, sections 3.1 and 3.2."""
    simple = "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    assert unpack_rtf(bytes.fromhex(simple)) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    crossing = "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0"
    assert unpack_rtf(bytes.fromhex(crossing)) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@given(st.binary(max_size=300))
def test_any_bytes_are_unpacked_as_rtf_or_refused(content: bytes) -> None:
    with suppress(ValueError):
        unpack_rtf(content)
    unpack_rtf(struct.pack("<IIII", 0, 10_000, 0x75465A4C, 0) + content)


@pytest.mark.parametrize("name", ["docling__msg_with_attachment.msg", "markitdown__test_outlook_msg.msg"])
def test_messages_that_outlook_wrote_are_read(assert_sound: Callable[[ParsedDocument], None], name: str) -> None:
    if not SHARED.exists():
        pytest.skip("the shared documents are not here")
    document = parse((SHARED / name).read_bytes(), MSG, OPTIONS)
    assert_sound(document)
    assert document.metadata["from"]
    assert document.metadata["date"]


RICH = ole_file(
    HEAD | text(0x1000, "body") | recipient(0, "Omar", "o@x.org", 1) | attachment(0, "a.csv", b"n,v\nx,1\n")
)


@given(st.data())
def test_a_damaged_message_raises_problems_and_nothing_else(
    assert_sound: Callable[[ParsedDocument], None], data: st.DataObject
) -> None:
    content = bytearray(RICH)
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Problem):
        assert_sound(parse(bytes(content), MSG, OPTIONS))
