import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msoffcrypto
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.office.spreadsheet import cell_text, parse_spreadsheet
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted, DocumentTooLarge

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = Path(__file__).parents[5] / "shared" / "data" / "documents" / "xls" / "markitdown__test.xls"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
Shown = Callable[[ParsedDocument], list[tuple[str, str]]]
VALUES = st.none() | st.text("ab 1\u0627\n", max_size=4) | st.integers(-5, 5) | st.floats(-10, 10) | st.booleans()


def workbook(*sheets: Sequence[Sequence[Any]], merges: Sequence[tuple[int, int, int, int, str]] = ()) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    book.set_properties({"title": "Sales", "author": "سارة", "created": dt.datetime(2024, 1, 2)})  # noqa: DTZ001 - files have no zone.
    for rows in sheets:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        for merge in merges:
            sheet.merge_range(*merge)
    book.close()
    return buffer.getvalue()


def rows_of(shown: Shown, options: ParseOptions, content: bytes) -> list[str]:
    return [text for kind, text in shown(parse_spreadsheet(content, options, XLSX)) if kind == "table_row"]


def encrypted(content: bytes, password: str) -> bytes:
    buffer = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, buffer)
    return buffer.getvalue()


def test_a_sheet_is_a_page_and_a_heading_and_its_rows_carry_their_header(options: ParseOptions, shown: Shown) -> None:
    content = workbook(
        [["المنتج", "Price", "Since"], ["شاي", 4.5, dt.date(2024, 1, 2)], ["Tea", 0.1 + 0.2, ""]],
        [],
        [["Name", "Sara"], ["City", "Cairo"]],
    )
    document = parse_spreadsheet(content, options, XLSX)
    assert shown(document) == [
        ("heading", "Sheet1"),
        ("table_row", "المنتج: شاي | Price: 4.5 | Since: 2024-01-02"),
        ("table_row", "المنتج: Tea | Price: 0.3"),
        ("heading", "Sheet3"),
        ("table_row", "Name | Sara"),
        ("table_row", "City | Cairo"),
    ]
    assert document.blocks[1].headings == ("Sheet1",)
    assert [page.start_char == page.end_char for page in document.pages] == [False, True, False]
    assert document.title == "Sales"
    assert document.metadata["author"] == "سارة"
    assert document.metadata["date"] == "2024-01-02T00:00:00Z"
    assert document.metadata["sheets"] == ("Sheet1", "Sheet2", "Sheet3")
    assert document.metadata["rows"] == 4


def test_a_merged_cell_is_read_once_along_its_row_and_again_in_every_row_it_covers(
    options: ParseOptions, shown: Shown
) -> None:
    content = workbook(
        [["", "", ""], ["City", "2023 sales", "2024 sales"], ["", 1, 2], ["", 3, 4]],
        merges=[(0, 1, 0, 2, "Revenue"), (2, 0, 3, 0, "Cairo")],
    )
    assert rows_of(shown, options, content) == [
        "City: Cairo | Revenue 2023 sales: 1 | Revenue 2024 sales: 2",
        "City: Cairo | Revenue 2023 sales: 3 | Revenue 2024 sales: 4",
    ]


def test_empty_rows_part_tables_and_a_header_holds_for_the_part_below_it(options: ParseOptions, shown: Shown) -> None:
    content = workbook(
        [["Sales of tea"], ["City", "Sold"], ["Cairo", 1], [], ["Luxor", 2], [], ["Shop", "Size"], ["East", 40]]
    )
    assert shown(parse_spreadsheet(content, options, XLSX))[1:] == [
        ("paragraph", "Sales of tea"),
        ("table_row", "City: Cairo | Sold: 1"),
        ("table_row", "City: Luxor | Sold: 2"),
        ("table_row", "Shop: East | Size: 40"),
    ]


def test_tables_side_by_side_are_told_apart_but_a_gap_inside_a_table_is_not(
    options: ParseOptions, shown: Shown
) -> None:
    beside = workbook([["City", "Sold", "", "Shop", "Size"], ["Cairo", 1, "", "East", 40], ["Luxor", 2]])
    assert rows_of(shown, options, beside) == [
        "City: Cairo | Sold: 1",
        "City: Luxor | Sold: 2",
        "Shop: East | Size: 40",
    ]
    spaced = workbook([["City", "Area", "", "Sold"], ["Cairo", "North", "", 1]])
    assert rows_of(shown, options, spaced) == ["City: Cairo | Area: North | Sold: 1"]


@pytest.mark.skipif(not XLS.exists(), reason="the development data is not beside the repository")
def test_a_workbook_of_excel_97_is_read(options: ParseOptions, shown: Shown) -> None:
    document = parse_spreadsheet(XLS.read_bytes(), options, "application/vnd.ms-excel")
    assert shown(document)[:2] == [
        ("heading", "Sheet1"),
        ("table_row", "Alpha: 89 | Beta: 82 | Gamma: 100 | Delta: 12"),
    ]


def test_hidden_sheets_are_read(options: ParseOptions) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.add_worksheet("Front").write(0, 0, "seen")
    hidden = book.add_worksheet("Back")
    hidden.write(0, 0, "unseen")
    hidden.hide()
    book.close()
    assert "unseen" in parse_spreadsheet(buffer.getvalue(), options, XLSX).text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (0.1 + 0.2, "0.3"),
        (-2.5, "-2.5"),
        (1e20, "1e+20"),
        (7, "7"),
        (True, "TRUE"),
        (dt.datetime(2024, 1, 2, 3, 4, 5), "2024-01-02 03:04:05"),  # noqa: DTZ001 - cells have no zone.
        (dt.date(2024, 1, 2), "2024-01-02"),
        (dt.time(3, 4), "03:04:00"),
        (dt.timedelta(hours=26), "1 day, 2:00:00"),
    ],
)
def test_values_are_written_as_a_reader_would_write_them(value: Any, text: str) -> None:
    assert cell_text(value) == text


def test_a_workbook_with_a_password_opens_with_it_alone(limits: ParseLimits) -> None:
    content = encrypted(workbook([["secret"]]), "s3cret")
    assert msoffcrypto.OfficeFile(io.BytesIO(content)).is_encrypted()
    assert "secret" in parse_spreadsheet(content, ParseOptions(limits, password="s3cret"), XLSX).text
    for password in (None, "", "wrong"):
        with pytest.raises(DocumentEncrypted):
            parse_spreadsheet(content, ParseOptions(limits, password=password), XLSX)


def test_cells_strewn_over_a_whole_sheet_are_refused_before_room_is_made_for_them(options: ParseOptions) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write(0, 0, 1)
    sheet.write(1_048_575, 16_383, 1)
    book.close()
    with pytest.raises(DocumentTooLarge):
        parse_spreadsheet(buffer.getvalue(), options, XLSX)


def test_a_count_that_its_part_cannot_hold_is_damage(options: ParseOptions) -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook([["text"]]))) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'uniqueCount="1"', b'uniqueCount="99999999999"'))
    with pytest.raises(DocumentCorrupt):
        parse_spreadsheet(buffer.getvalue(), options, XLSX)


def test_formats_of_empty_cells_take_no_room(options: ParseOptions, shown: Shown) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write(0, 0, "only")
    sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    book.close()
    assert rows_of(shown, options, buffer.getvalue()) == ["only"]


def test_more_sheets_than_pages_are_allowed_are_too_many() -> None:
    options = ParseOptions(ParseLimits(max_pages=1, max_chars=100))
    with pytest.raises(DocumentTooLarge):
        parse_spreadsheet(workbook([["a"]], [["b"]]), options, XLSX)


def test_a_sheet_of_open_document_is_read(options: ParseOptions, shown: Shown) -> None:
    namespaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"' for prefix in ("office", "table", "text")
    )
    cells = "".join(
        f'<table:table-row><table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        f"<table:table-cell {kind}><text:p>{value}</text:p>"
        "</table:table-cell></table:table-row>"
        for name, kind, value in [
            ("مدينة", 'office:value-type="string"', "Sold"),
            ("Cairo", 'office:value-type="float" office:value="12"', "12"),
        ]
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", ODS)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {namespaces}><office:body><office:spreadsheet>'
            f'<table:table table:name="One">{cells}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
        )
    document = parse_spreadsheet(buffer.getvalue(), options, ODS)
    assert shown(document) == [("heading", "One"), ("table_row", "مدينة: Cairo | Sold: 12")]


@given(rows=st.lists(st.lists(VALUES, max_size=5), max_size=8))
def test_whatever_a_sheet_holds_its_blocks_are_sound(
    options: ParseOptions, assert_sound: Callable[[ParsedDocument], None], rows: list[list[Any]]
) -> None:
    document = parse_spreadsheet(workbook(rows), options, XLSX)
    assert_sound(document)
    for value in (value for row in rows for value in row):
        if isinstance(value, str):
            assert " ".join(value.split()) in " ".join(document.text.split())


def test_damaged_workbooks_raise_problems_only(assert_only_problems: Callable[[bytes, str], None]) -> None:
    assert_only_problems(workbook([["City", "Sold"], ["Cairo", 1]]), XLSX)
    assert_only_problems(encrypted(workbook([["a"]]), "x"), XLSX)


@pytest.mark.parametrize("content", [b"", b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"text"])
def test_what_is_no_workbook_is_corrupt(options: ParseOptions, content: bytes) -> None:
    with pytest.raises(DocumentCorrupt):
        parse_spreadsheet(content, options, XLSX)
