"""XLSX, XLSM, XLS and ODS by calamine: a sheet is a page under its name, a row a block with its header."""

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Final
from zipfile import ZipInfo

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum

from ragstone.engine.parsing.document import MetadataValue, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.office.damage import library_failure_as_problem
from ragstone.engine.parsing.office.encryption import OLE_SIGNATURE, decrypted
from ragstone.engine.parsing.office.odf_metadata import odf_metadata
from ragstone.engine.parsing.office.ole import CompoundFile
from ragstone.engine.parsing.office.ooxml import Package
from ragstone.engine.parsing.office.sheet_tables import write_sheet
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentTooLarge
from ragstone.engine.parsing.table_rows import Slot
from ragstone.engine.parsing.text_writer import TextWriter
from ragstone.engine.parsing.zip_guard import GuardedZip

_FILLED_CELL: Final = re.compile(rb"""\sr=["']([A-Z]{1,3})(\d{1,7})["'][^<>]*(?<!/)>\s*<(?!/)""")
_LARGE_COUNT: Final = re.compile(rb"""[cC]ount=["'](\d{6,40})""")
_EXACT: Final = 1e15  # Spreadsheets keep fifteen digits of a number.
_MAX_SLOTS: Final = 10_000_000  # Between the outermost cells: calamine needs 32 bytes for each, empty or not.
_MAX_MERGED_SLOTS: Final = 1_000_000
_OVERLAP_BYTES: Final = 256


def parse_spreadsheet(content: bytes, options: ParseOptions, media_type: str) -> ParsedDocument:
    """A workbook, hidden sheets included; formulas as the values they were last saved with.

    Raises `DocumentCorrupt`, `DocumentEncrypted`, `DocumentTooLarge`, and what a zip file raises.
    """
    content = decrypted(content, media_type, options)
    metadata = _checked_metadata(content, options, media_type)
    with library_failure_as_problem(media_type):
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        names = tuple(sheet.name for sheet in workbook.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet)
    writer = TextWriter(options.limits)
    n_rows = 0
    for name in names:
        writer.begin_page()
        with library_failure_as_problem(media_type):
            rows = _read_rows(workbook.get_sheet_by_name(name))
        if rows:
            writer.heading(1, name)
            n_rows += write_sheet(writer, rows)
    metadata |= {"sheets": names, "rows": n_rows}
    return writer.finish(str(metadata.get("title", "")), metadata)


def _checked_metadata(content: bytes, options: ParseOptions, media_type: str) -> dict[str, MetadataValue]:
    """What a workbook says of itself, after a look at whether a library may open it."""
    if content.startswith(OLE_SIGNATURE):
        return CompoundFile(content, media_type, options).metadata()
    package = Package(content, media_type, options)
    _check_parts(package.zip, options, media_type)
    return package.metadata() | odf_metadata(package.zip, media_type)


def _read_rows(sheet: CalamineSheet) -> list[list[Slot]]:
    rows: list[list[Slot]] = [[*map(cell_text, row)] for row in sheet.to_python(skip_empty_area=True)]
    _spread_merged(rows, sheet)
    return rows


def _spread_merged(rows: list[list[Slot]], sheet: CalamineSheet) -> None:
    """Puts a merged cell's text into every row it covers, and marks the slots beside it as covered."""
    first_row, first_column = sheet.start or (0, 0)
    n_slots = 0
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        row, column = top - first_row, left - first_column
        if not (0 <= row < len(rows) and 0 <= column < len(rows[row])):
            continue
        text = rows[row][column]
        for covered in rows[row : bottom - first_row + 1]:
            covered[column] = text
            end = min(right - first_column + 1, len(covered))
            covered[column + 1 : end] = [None] * (end - column - 1)
            n_slots += end - column
        if n_slots > _MAX_MERGED_SLOTS:
            return


def cell_text(value: object) -> str:
    """A value as text: numbers as a reader would write them, not as they are stored; dates in ISO 8601."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else f"{value:.15g}"
    return str(value)


def _check_parts(package: GuardedZip, options: ParseOptions, media_type: str) -> None:
    """Refuses what would make calamine ask for memory without end, which ends the process that asks.

    That are cells strewn far apart, and counts of things that a part of this size cannot hold. All parts are unpacked,
    because calamine believes what a zip file says of them.
    """
    for entry in package.entries:
        n_rows, last_column, count = _measure(package, entry)
        if count > entry.file_size:
            raise DocumentCorrupt(media_type=media_type)
        if entry.filename.lower().startswith("xl/worksheets/") and n_rows * _column_number(last_column) > _MAX_SLOTS:
            raise DocumentTooLarge(max_pages=options.limits.max_pages, max_chars=options.limits.max_chars)


def _measure(package: GuardedZip, entry: ZipInfo) -> tuple[int, bytes, int]:
    """The last row and column that a part fills, if it is a sheet, and the largest count that it states."""
    n_rows, last_column, count, tail = 0, b"", 0, b""
    for piece in package.iter_pieces(entry):
        cells: Sequence[tuple[bytes, bytes]] = _FILLED_CELL.findall(tail + piece)
        count = max([count, *map(int, _LARGE_COUNT.findall(tail + piece))])
        tail = piece[-_OVERLAP_BYTES:]
        n_rows = max([n_rows, *(int(row) for _, row in cells)])
        last_column = max([last_column, *{column for column, _ in cells}], key=_column_number)
    return n_rows, last_column, count


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
