import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.office.odf import parse_odf
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted, DocumentHostile, DocumentTooLarge

ODP = "application/vnd.oasis.opendocument.presentation"
ODT = "application/vnd.oasis.opendocument.text"
Shown = Callable[[ParsedDocument], list[tuple[str, str]]]
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{OASIS}:{name}:1.0"'
    for prefix, name in {
        "draw": "drawing",
        "manifest": "manifest",
        "meta": "meta",
        "office": "office",
        "presentation": "presentation",
        "style": "style",
        "table": "table",
        "text": "text",
    }.items()
)
PIECES = st.sampled_from(
    [
        "<text:p>text</text:p>",
        '<text:h text:outline-level="2">نص</text:h>',
        "<text:p> a <text:s text:c='3'/>\n<text:span> b</text:span><text:tab/><text:line-break/></text:p>",
        "<text:list><text:list-item><text:p>item</text:p></text:list-item></text:list>",
        "<table:table><table:table-row><table:table-cell/></table:table-row></table:table>",
        "<table:table><table:table-row><table:covered-table-cell/></table:table-row></table:table>",
        '<text:h text:outline-level="x">y</text:h>',
    ]
)


def package(body: str, kind: str = "text", **parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        styles = (
            '<style:style style:name="P1" style:parent-style-name="Title"/>'
            '<style:style style:name="P2" style:parent-style-name="Quotations"/>'
        )
        archive.writestr(
            "content.xml",
            f"<office:document-content {NAMESPACES}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>",
        )
        for name, content in parts.items():
            archive.writestr({"manifest": "META-INF/manifest.xml", "meta": "meta.xml"}[name], content)
    return buffer.getvalue()


def cell(text: str, columns: int = 1, rows: int = 1) -> str:
    covered = "<table:covered-table-cell/>" * (columns - 1)
    spans = f'table:number-columns-spanned="{columns}" table:number-rows-spanned="{rows}"'
    return f"<table:table-cell {spans}><text:p>{text}</text:p></table:table-cell>{covered}"


@pytest.fixture
def written(options: ParseOptions, shown: Shown) -> Callable[[str], list[tuple[str, str]]]:
    return lambda body: shown(parse_odf(package(body), options, ODT))


def test_headings_lists_boxes_and_notes_are_told_apart(written: Callable[[str], list[tuple[str, str]]]) -> None:
    note = (
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>below</text:p></text:note-body>"
    )
    note += "</text:note>"
    box = "<draw:frame><draw:text-box><text:p>in a box</text:p></draw:text-box></draw:frame>"
    inner = "<text:list><text:list-item><text:p>inner</text:p></text:list-item></text:list>"
    body = (
        '<text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:p text:style-name="P1">Title</text:p>'
        '<text:h text:outline-level="1">الفصل</text:h>'
        f"<text:p>one{note} two<office:annotation><text:p>remark</text:p></office:annotation>{box}</text:p>"
        f"<text:section><text:list><text:list-item><text:p>item</text:p>{inner}</text:list-item></text:list></text:section>"
        '<text:p text:style-name="P2">quoted</text:p><text:p text:style-name="Preformatted_20_Text">code</text:p>'
        '<text:p>a<text:s text:c="2"/>b\n  c<text:tab/><text:a>link</text:a><text:line-break/>d</text:p>'
    )
    assert written(body) == [
        ("heading", "Title"),
        ("heading", "الفصل"),
        ("paragraph", "one two"),
        ("paragraph", "below"),
        ("paragraph", "in a box"),
        ("list_item", "item"),
        ("list_item", "inner"),
        ("quote", "quoted"),
        ("code", "code"),
        ("paragraph", "a  b c\tlink\nd"),
    ]


def test_cells_over_several_rows_and_columns(written: Callable[[str], list[tuple[str, str]]]) -> None:
    rows = [
        f"<table:table-row>{cell('City')}{cell('Sold', 2)}</table:table-row>",
        f"<table:table-row>{cell('Cairo', rows=2)}{cell('1')}{cell('2')}</table:table-row>",
        f"<table:table-row><table:covered-table-cell/>{cell('3')}{cell('4')}</table:table-row>",
    ]
    assert written(
        f"<table:table><table:table-header-rows>{rows[0]}</table:table-header-rows>{''.join(rows[1:])}</table:table>"
    ) == [
        ("table_row", "City: Cairo | Sold: 1 | Sold: 2"),
        ("table_row", "City: Cairo | Sold: 3 | Sold: 4"),
    ]


def test_slides_are_pages_under_their_titles(options: ParseOptions, shown: Shown) -> None:
    frame = "<draw:frame {}><draw:text-box>{}</draw:text-box></draw:frame>"
    body = (
        "<draw:page>"
        + frame.format("", "<text:list><text:list-item><text:p>point</text:p></text:list-item></text:list>")
        + frame.format('presentation:class="title"', "<text:p>Title</text:p>")
        + f"<presentation:notes>{frame.format('', '<text:p>say this</text:p>')}</presentation:notes></draw:page>"
        + "<draw:page><draw:g><draw:custom-shape><text:p>bare</text:p></draw:custom-shape></draw:g></draw:page>"
    )
    document = parse_odf(package(body, "presentation"), options, ODP)
    assert shown(document) == [
        ("heading", "Title"),
        ("list_item", "point"),
        ("paragraph", "say this"),
        ("paragraph", "bare"),
    ]
    assert document.blocks[-1].headings == ()
    assert len(document.pages) == document.metadata["slides"] == 2


def test_what_a_file_says_of_itself_is_metadata(options: ParseOptions) -> None:
    meta = (
        f'<office:document-meta {NAMESPACES} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta><dc:title>T</dc:title>'
        "<meta:initial-creator>A</meta:initial-creator><dc:creator>B</dc:creator><meta:keyword>x</meta:keyword>"
        "<meta:keyword>y, z</meta:keyword><meta:creation-date>2024-01-02T03:04:05</meta:creation-date></office:meta>"
        "</office:document-meta>"
    )
    document = parse_odf(package("<text:p>x</text:p>", meta=meta), options, ODT)
    assert document.title == "T"
    assert document.metadata == {
        "title": "T",
        "author": "A",
        "keywords": ("x", "y", "z"),
        "date": "2024-01-02T03:04:05",
    }


def test_encrypted_files_and_entities_are_refused(options: ParseOptions) -> None:
    manifest = f"<manifest:manifest {NAMESPACES}><manifest:encryption-data/></manifest:manifest>"
    with pytest.raises(DocumentEncrypted):
        parse_odf(package("", manifest=manifest), options, ODT)
    with pytest.raises(DocumentHostile):
        parse_odf(package("", meta='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), options, ODT)


def test_nesting_without_end_is_damage(options: ParseOptions) -> None:
    body = "<text:section>" * 5000 + "</text:section>" * 5000
    with pytest.raises(DocumentCorrupt):
        parse_odf(package(body), options, ODT)


def test_a_long_document_is_refused_while_it_is_written() -> None:
    options = ParseOptions(ParseLimits(max_pages=1, max_chars=100))
    with pytest.raises(DocumentTooLarge):
        parse_odf(package("<text:p>some words</text:p>" * 20), options, ODT)


@given(pieces=st.lists(PIECES, max_size=8))
def test_whatever_a_text_holds_its_blocks_are_sound(
    options: ParseOptions, assert_sound: Callable[[ParsedDocument], None], pieces: list[str]
) -> None:
    body = "".join(pieces)
    try:
        assert_sound(parse_odf(package(body), options, ODT))
    except DocumentCorrupt:
        assert 'outline-level="x"' in body


def test_damaged_files_raise_problems_only(assert_only_problems: Callable[[bytes, str], None]) -> None:
    assert_only_problems(package("<text:p>text</text:p>" * 5), ODT)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"text"])
def test_what_is_no_document_is_corrupt(options: ParseOptions, content: bytes) -> None:
    with pytest.raises(DocumentCorrupt):
        parse_odf(content, options, ODT)
