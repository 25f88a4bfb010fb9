import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.office.wordperfect import parse_wordperfect
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted, DocumentTypeUnsupported

WPD = "application/vnd.wordperfect"
REAL = Path(__file__).parents[5] / "shared" / "data" / "documents" / "wpd" / "tika__testWordPerfect.wpd"
Shown = Callable[[ParsedDocument], list[tuple[str, str]]]


def file(area: bytes, version: int = 2, kind: int = 10, key: int = 0) -> bytes:
    return b"\xffWPC" + struct.pack("<IBBBBH", 16, 1, kind, version, 1, key) + b"\0\0" + area


def line_end(subgroup: int) -> bytes:
    return bytes([0xD0, subgroup, 6, 0, 0, 0xD0])


def test_words_of_version_6_are_read_and_functions_are_not(options: ParseOptions, shown: Shown) -> None:
    area = (
        b"Caf\x0f" + b"\x80" + b"\xf2\x0c\xf2" + b"bold" + b"\xf3\x0c\xf3"
        + b"\x84" + b"\xf0\x1c\x04\xf0" + b"\xd4\x1a\x08\x00ab\x00\xd4" + line_end(1) + b"on" + b"\xcc"
        + b"\xf1\x00\x00\x00\xf1" + b"undone" + b"\xf1\x01\x00\x00\xf1" + b"\xe0\x11\x06\x00\x00\xe0" + b"next"
    )  # fmt: skip
    assert shown(parse_wordperfect(file(area), options)) == [
        ("paragraph", "Café bold-\u2019 on"),
        ("paragraph", "next"),
    ]


def test_rows_of_a_table_are_rows(options: ParseOptions, shown: Shown) -> None:
    cell, row = line_end(0x0A), line_end(0x0B)
    area = b"before\xccCity" + cell + b"Sold" + row + b"Cairo" + cell + b"12" + row + b"after"
    assert shown(parse_wordperfect(file(area), options)) == [
        ("paragraph", "before"),
        ("table_row", "City: Cairo | Sold: 12"),
        ("paragraph", "after"),
    ]


def test_words_of_version_5_are_read_and_functions_are_not(options: ParseOptions, shown: Shown) -> None:
    area = (
        b"soft\x0dline\xa0hard" + b"\xc3\x0c\xc3" + b"\xa9" + b"\xc0\x29\x01\xc0" + b"\x0a"
        + b"\xd1\x01\x04\x00\x00\x00\x01\xd1" + b"\xc1" + bytes(7) + b"\xc1" + b"next"
    )  # fmt: skip
    assert shown(parse_wordperfect(file(area, version=0), options)) == [
        ("paragraph", "soft line\u00a0hard-é"),
        ("paragraph", "next"),
    ]


def test_a_character_of_a_set_that_is_not_known_is_not_lost_unseen(options: ParseOptions) -> None:
    assert parse_wordperfect(file(b"a\xf0\x05\x0d\xf0b"), options).text == "a\ufffdb"


def test_other_files_and_encrypted_ones_are_refused(options: ParseOptions) -> None:
    for content, problem in [
        (file(b"x", kind=1), DocumentTypeUnsupported),
        (file(b"x", version=9), DocumentTypeUnsupported),
        (file(b"x", key=5), DocumentEncrypted),
        (b"", DocumentCorrupt),
        (b"\xffWPC\xff\xff\xff\xff" + bytes(10), DocumentCorrupt),
        (file(b"\xd0\x04"), DocumentCorrupt),
    ]:
        with pytest.raises(problem):
            parse_wordperfect(content, options)


@given(area=st.binary(max_size=60), version=st.sampled_from([0, 2]))
def test_whatever_an_area_holds_its_blocks_are_sound(
    options: ParseOptions, assert_sound: Callable[[ParsedDocument], None], area: bytes, version: int
) -> None:
    try:
        assert_sound(parse_wordperfect(file(area, version), options))
    except DocumentCorrupt:
        assert max(area) >= 0xC0  # A function was cut off.


@pytest.mark.skipif(not REAL.exists(), reason="the development data is not beside the repository")
def test_a_document_that_wordperfect_saved_is_read(
    options: ParseOptions, assert_only_problems: Callable[[bytes, str], None]
) -> None:
    assert parse_wordperfect(REAL.read_bytes(), options).text.startswith("APPENDIX \u2018A\u2019")
    assert_only_problems(REAL.read_bytes(), WPD)
