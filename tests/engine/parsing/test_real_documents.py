"""Real files that nobody on this project wrote, read in the sandbox as a server reads them."""

from collections.abc import Callable, Mapping
from typing import get_args

import pytest
from tests.engine.parsing.manifest import DOCUMENTS, Reading, Row, manifest, read_all

from ragstone.engine.chunking.chunk import ChunkingOptions, Strategy
from ragstone.engine.chunking.cut import cut
from ragstone.engine.chunking.words import word_offsets
from ragstone.engine.parsing.document import BlockKind, ParsedDocument

pytestmark = pytest.mark.skipif(not DOCUMENTS.exists(), reason="the development data is not beside the repository")
every_row = pytest.mark.parametrize("row", manifest(), ids=lambda row: row.file)


@pytest.fixture(scope="module")
def readings() -> Mapping[str, Reading]:
    return {reading.row.file: reading for reading in read_all()}


@every_row
def test_the_outcome_is_the_known_one(
    assert_sound: Callable[[ParsedDocument], None], readings: Mapping[str, Reading], row: Row
) -> None:
    reading = readings[row.file]
    assert reading.outcome == row.outcome
    assert reading.refusal == ("document_encrypted" if row.password else None)
    if reading.document:
        assert_sound(reading.document)


@every_row
@pytest.mark.parametrize("strategy", get_args(Strategy))
def test_every_chunk_is_the_bytes_of_its_span(readings: Mapping[str, Reading], row: Row, strategy: Strategy) -> None:
    document = readings[row.file].document
    if document is None:
        return
    text = document.text.encode()
    chunks = cut(document, ChunkingOptions(256, 32, strategy), word_offsets)
    assert chunks
    for chunk in chunks:
        assert text[chunk.span.start_byte : chunk.span.end_byte] == chunk.text.encode()
        assert document.text[chunk.span.start_char : chunk.span.end_char] == chunk.text


@pytest.mark.parametrize(
    ("file", "n_rows", "row"),
    [
        (
            "pdf/pdfplumber__nics-background-checks-2015-11.pdf",
            56,
            (
                "State / Territory: Alaska | Permit: 209 | Handgun: 3,062 | Long Gun: 3,209 | *Other: 191"
                " | **Multiple: 184 | Admin: 0 | Pre-Pawn Handgun: 9 | Pre-Pawn Long Gun: 3 | Pre-Pawn *Other: 0"
            ),
        ),
        (
            "pdf/pdfplumber__senate-expenditures.pdf",
            32,
            (
                "DOCUMENT NO.: DHAW20190001 | DATE POSTED: 05/03/2019 | PAYEE NAME: CITIBANK - TRAVEL CBA CARD"
                " | OBLIGATION/SERVICE DATES START: 03/04/2019 | END: 03/06/2019 | DESCRIPTION: STAFF TRANSPORTATION"
                " AIRFARE FOR E JOHNSON KANSAS CITY TO WASHINGTON DC AND RETURN | AMOUNT ($): 920.68"
            ),
        ),
        (
            "pdf/markitdown__movie-theater-booking-2024.pdf",
            8,
            (
                "Ln: 1 | Screen: SCR-1 | Start: 12/20/24 | End: 12/25/24 | Movie Title: Holiday Spectacular (Runtime:"
                " 142 min); Holiday Season Premium | Format: IMAX 3D | Showtime: 7:00 PM | Days: Daily | Shows: 12"
            ),
        ),
        (
            "pdf/markitdown__SPARSE-2024-INV-1234_borderless_table.pdf",
            18,
            "Location: B-07 | Actual: 289 | Variance: -23",
        ),
        (
            "pdf/docling__redp5110_sampled.pdf",
            13,
            "Global variable: CLIENT_PORT | Type: INTEGER | Description: Port used by the current client",
        ),
        (
            "pdf/unstructured__multi-column.pdf",
            28,
            "Dataset: TriviaQA | Train: 78,785 | 60,413 | Dev: 8,837 | Test: 11,313",
        ),
    ],
)
def test_tables_of_pages_keep_their_rows(readings: Mapping[str, Reading], file: str, n_rows: int, row: str) -> None:
    document = readings[file].document
    assert document
    rows = [block for block in document.blocks if block.kind is BlockKind.TABLE_ROW]
    texts = [document.text[block.start_char : block.end_char] for block in rows]
    assert len(texts) == n_rows
    assert any(text.startswith(row) for text in texts)


def test_nine_of_ten_files_hold_nine_of_ten_reference_words(readings: Mapping[str, Reading]) -> None:
    recalls = {file: reading.recall for file, reading in readings.items() if reading.recall is not None}
    poor = {file: recall for file, recall in recalls.items() if recall < 0.9}
    assert len(poor) <= 0.1 * len(recalls), poor
