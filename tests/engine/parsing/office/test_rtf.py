from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.office.rtf import parse_rtf
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentTooLarge

RTF = "application/rtf"
Shown = Callable[[ParsedDocument], list[tuple[str, str]]]
PIECES = st.sampled_from(
    [
        "{",
        "}",
        r"\par ",
        "text ",
        r"\'e9",
        r"\u1575 ?",
        r"\u-10179 ?\u-8704 ?",
        r"\cell ",
        r"\row ",
        r"\intbl ",
        r"\pard ",
        r"\footnote ",
        r"\*",
        r"\v ",
        r"\f0 ",
        r"\bin3 ab}",
        "\\",
        r"\s1 ",
        r"\header ",
        r"\listtext ",
        r"\outlinelevel1 ",
    ]
)


@pytest.fixture
def written(options: ParseOptions, shown: Shown) -> Callable[[str], list[tuple[str, str]]]:
    return lambda body: shown(parse_rtf((r"{\rtf1\ansi\ansicpg1252 " + body + "}").encode("latin-1"), options))


def test_bytes_are_read_in_the_code_page_of_their_font(written: Callable[[str], list[tuple[str, str]]]) -> None:
    fonts = (
        r"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset178 Arial (Arabic);}{\f2\fcharset128 MS Gothic;}{\f3\cpg1250 X;}}"
    )
    body = r"\f0 caf\'e9 \f1 \'e4\'d5 \f2 \'93\'fa\'96\'7b \f3 za\'bf\'f3\'b3\'e6 {\f0 \'e9}\'b3\par"
    assert written(fonts + body) == [("paragraph", "café نص 日本 zażółć éł")]


def test_unicode_is_read_once_and_what_stands_for_it_is_skipped(
    written: Callable[[str], list[tuple[str, str]]],
) -> None:
    body = r"{\uc1\u1606\'3f\u1589 ?}{\uc0\u1606\u1589 x}{\uc2\u8364 EU}\u-10179 ?\u-8704 ?\emdash\~\{\_\par"
    assert written(body) == [("paragraph", "نصنصx€😀—\u00a0{-")]


def test_headings_items_notes_and_margins_are_told_apart(written: Callable[[str], list[tuple[str, str]]]) -> None:
    body = (
        r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\s2 Title;}{\*\cs3 heading 2;}}{\header Company\par}"
        r"{\footer Company\par 12\par}"
        r"\pard\s2 The title\par\pard\s1 Part\par\pard\outlinelevel1 Section\par"
        r"\pard\ls1{\listtext 1.\tab}first\par\pard{\pntext\'b7\tab}second\par"
        r"\pard text{\super\chftn}{\footnote\pard the note} goes on\line here\par{\v hidden}{\deleted gone}"
        r"{\field{\*\fldinst HYPERLINK x}{\fldrslt link}}{\*\unknown skipped}{\pict 0a0b}{\*\bkmkstart b}"
        r"{\shp{\*\shpinst{\sp{\sn a}{\sv b}}{\shptxt in a box\par}}}\par"
    )
    assert written(body) == [
        ("heading", "The title"),
        ("heading", "Part"),
        ("heading", "Section"),
        ("list_item", "1.\tfirst"),
        ("list_item", "·\tsecond"),
        ("paragraph", "text goes on\nhere"),
        ("paragraph", "the note"),
        ("paragraph", "link"),
        ("paragraph", "in a box"),
        ("paragraph", "Company"),
    ]


def test_rows_carry_their_header(written: Callable[[str], list[tuple[str, str]]]) -> None:
    def row(*cells: str) -> str:
        return r"\trowd\cellx100\cellx200\pard\intbl " + "".join(rf"{cell}\cell " for cell in cells) + r"\row "

    body = row("City", "Sold") + row(r"Cairo\par North", "12") + r"\pard after\par"
    assert written(body) == [("table_row", "City: Cairo North | Sold: 12"), ("paragraph", "after")]


def test_what_a_file_says_of_itself_is_metadata(options: ParseOptions) -> None:
    content = rb"{\rtf1\ansi{\info{\title Rep\'f6rt}{\author S}{\keywords a, b}{\creatim\yr2024\mo3\dy4\hr5\min6}}text}"
    document = parse_rtf(content, options)
    assert document.title == "Repört"
    assert document.metadata == {
        "title": "Repört",
        "author": "S",
        "keywords": ("a", "b"),
        "date": "2024-03-04T05:06",
    }


def test_a_file_that_ends_too_early_is_read_as_far_as_it_goes(options: ParseOptions) -> None:
    assert parse_rtf(rb"{\rtf1 text {\b bold", options).text == "text bold"


@pytest.mark.parametrize("content", [b"", b"text", b"<p>{\\rtf1 x}", b"{\\rtf1" + b"{" * 2000])
def test_what_is_no_rtf_is_corrupt(options: ParseOptions, content: bytes) -> None:
    with pytest.raises(DocumentCorrupt):
        parse_rtf(content, options)


def test_a_long_document_is_refused_while_it_is_written() -> None:
    with pytest.raises(DocumentTooLarge):
        parse_rtf(rb"{\rtf1 " + rb"text\par " * 50 + b"}", ParseOptions(ParseLimits(max_pages=1, max_chars=100)))


@given(pieces=st.lists(PIECES, max_size=30))
def test_whatever_a_file_holds_its_blocks_are_sound(
    options: ParseOptions, assert_sound: Callable[[ParsedDocument], None], pieces: list[str]
) -> None:
    assert_sound(parse_rtf((r"{\rtf1" + "".join(pieces)).encode("latin-1"), options))


def test_damaged_files_raise_problems_only(assert_only_problems: Callable[[bytes, str], None]) -> None:
    assert_only_problems(rb"{\rtf1\ansi{\fonttbl{\f0\fcharset178 A;}}\f0\pard\intbl a\cell\row\u1575 ?\par}", RTF)
