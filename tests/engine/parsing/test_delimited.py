from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.delimited import parse_delimited
from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentTooLarge

OPTIONS = ParseOptions(ParseLimits(max_pages=10, max_chars=1_000_000))


def rows_of(content: bytes) -> list[str]:
    document = parse_delimited(content, OPTIONS)
    assert all(block.kind is BlockKind.TABLE_ROW for block in document.blocks)
    return [document.text[block.start_char : block.end_char] for block in document.blocks]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_row_carries_its_header_whatever_parts_the_cells(delimiter: str) -> None:
    table = [["Name", "City"], ["Sara", "Riyadh"], ["Omar", "Jeddah"]]
    content = "\n".join(delimiter.join(row) for row in table)
    assert rows_of(content.encode()) == ["Name: Sara | City: Riyadh", "Name: Omar | City: Jeddah"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1256"])
def test_arabic_tables_are_read_in_every_encoding(encoding: str) -> None:
    content = "المنتج;السعر;ملاحظات\nبن يمني;25;متوفرة في جميع الفروع\nتمر سكري;40;غير متوفر حاليا\n"
    assert rows_of(content.encode(encoding)) == [
        "المنتج: بن يمني | السعر: 25 | ملاحظات: متوفرة في جميع الفروع",
        "المنتج: تمر سكري | السعر: 40 | ملاحظات: غير متوفر حاليا",
    ]


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends() -> None:
    content = b'Item,Note\r\n"Desk, oak","He said ""fine""\r\nand left"\r\n'
    assert rows_of(content) == ['Item: Desk, oak | Note: He said "fine" and left']


def test_a_stray_quote_does_not_swallow_the_rest_of_the_table() -> None:
    content = "Item,Size\n" + '"5 inch disk,5\n' + "".join(f"Item {number},{number}\n" for number in range(1000))
    rows = rows_of(content.encode())
    assert len(rows) == 1001
    assert rows[-1] == "Item: Item 999 | Size: 999"


def test_rows_may_have_too_many_or_too_few_cells() -> None:
    assert rows_of(b"a,b,c\n1,2,3\n1,2,3,4\n1\n,,3\n,,\n") == [
        "a: 1 | b: 2 | c: 3",
        "a: 1 | b: 2 | c: 3 | 4",
        "a: 1",
        "c: 3",
    ]


def test_a_table_without_a_header_joins_its_cells() -> None:
    assert rows_of(b"2024-01-01,12.5\n2024-01-02,13.5\n") == ["2024-01-01 | 12.5", "2024-01-02 | 13.5"]


def test_years_beside_words_are_a_header() -> None:
    assert rows_of(b"Country,2019,2020\nOman,4.1,5.2\n") == ["Country: Oman | 2019: 4.1 | 2020: 5.2"]


def test_a_header_alone_is_a_row() -> None:
    assert rows_of(b"Name,City\n") == ["Name | City"]


def test_a_header_above_an_empty_column_is_not_lost() -> None:
    assert rows_of(b"Name,City,Remarks\nSara,Riyadh,\n") == ["Name | City | Remarks", "Name: Sara | City: Riyadh"]


def test_a_line_above_the_table_is_a_paragraph() -> None:
    document = parse_delimited(b"Stanley Cups,,\nTeam,Location,Cups\nBlues,STL,1\n", OPTIONS)
    assert document.text == "Stanley Cups\n\nTeam: Blues | Location: STL | Cups: 1"
    assert document.metadata == {"rows": 1}


def test_the_delimiter_that_excel_states_is_believed() -> None:
    assert rows_of(b"sep=;\nName;Price, net\nTea;1,5\n") == ["Name: Tea | Price, net: 1,5"]


def test_a_single_column_needs_no_delimiter() -> None:
    assert rows_of(b"Name\nSara\nOmar\n") == ["Name: Sara", "Name: Omar"]


def test_a_cell_may_be_longer_than_python_reads_by_itself() -> None:
    cell = "x" * 300_000
    assert rows_of(f"Name,Text\nSara,{cell}\n".encode()) == [f"Name: Sara | Text: {cell}"]


def test_a_table_over_the_limit_is_refused() -> None:
    with pytest.raises(DocumentTooLarge):
        parse_delimited(b"a,b\n" + b"1,2\n" * 100, ParseOptions(ParseLimits(max_pages=1, max_chars=100)))


def tables() -> st.SearchStrategy[bytes]:
    cells = st.text(st.sampled_from('ab1 ,;"\n|\tق'), max_size=6)
    return st.lists(st.lists(cells, max_size=4).map(",".join), max_size=8).map(lambda rows: "\n".join(rows).encode())


@given(st.binary(max_size=200) | tables())
def test_any_bytes_give_a_sound_document_or_are_called_corrupt(
    assert_sound: Callable[[ParsedDocument], None], content: bytes
) -> None:
    with suppress(DocumentCorrupt):
        assert_sound(parse_delimited(content, OPTIONS))


@given(st.lists(st.tuples(*[st.from_regex(r"[a-zق]{1,8}", fullmatch=True)] * 3), min_size=1, max_size=20))
def test_no_cell_is_lost(rows: list[tuple[str, str, str]]) -> None:
    content = "\n".join(map(",".join, rows))
    text = parse_delimited(content.encode(), OPTIONS).text
    assert all(cell in text for cell in _cells(rows))


def _cells(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    return (cell for row in rows for cell in row)
