from itertools import chain

import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import BlockKind
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.pdf import parse_pdf
from ragstone.engine.parsing.pdf_tables import with_tables
from ragstone.engine.parsing.pdf_text import Line, Word

PROSE = "Ragstone keeps every word of a page so that a quotation can be found again by anyone who reads it."


def put(pdf: FPDF, x: float, y: float, text: str) -> None:
    pdf.set_xy(x, y)
    pdf.cell(0, 6, text)


def table(pdf: FPDF, top: float, rows: list[list[str]], width: float = 45) -> None:
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            if text:
                put(pdf, 20 + width * column, top + 7 * number, text)


def blocks(pdf: FPDF, limits: ParseLimits) -> list[tuple[BlockKind, str]]:
    document = parse_pdf(bytes(pdf.output()), ParseOptions(limits))
    return [(block.kind, document.text[block.start_char : block.end_char]) for block in document.blocks]


def rows(pdf: FPDF, limits: ParseLimits) -> list[str]:
    return [text for kind, text in blocks(pdf, limits) if kind is BlockKind.TABLE_ROW]


def test_rows_of_a_table_carry_their_header_and_stand_between_what_is_around_them(
    pdf: FPDF, limits: ParseLimits
) -> None:
    pdf.add_page()
    put(pdf, 20, 20, "Who sold what in the first quarter of the year:")
    table(pdf, 40, [["Name", "Town", "Sold"], ["Ada", "London", "12"], ["Grace", "", "7"], ["Emmy", "Erlangen", "31"]])
    put(pdf, 20, 90, "Figures are in thousands of pounds.")
    assert blocks(pdf, limits) == [
        (BlockKind.PARAGRAPH, "Who sold what in the first quarter of the year:"),
        (BlockKind.TABLE_ROW, "Name: Ada | Town: London | Sold: 12"),
        (BlockKind.TABLE_ROW, "Name: Grace | Sold: 7"),
        (BlockKind.TABLE_ROW, "Name: Emmy | Town: Erlangen | Sold: 31"),
        (BlockKind.PARAGRAPH, "Figures are in thousands of pounds."),
    ]


def test_a_wrapped_cell_belongs_to_its_row(pdf: FPDF, limits: ParseLimits) -> None:
    pdf.add_page()
    table(pdf, 40, [["No", "Title", "Price"], ["1", "The long", "20"], ["2", "Short", "30"]])
    put(pdf, 65, 52, "way home")
    assert rows(pdf, limits) == ["No: 1 | Title: The long way home | Price: 20", "No: 2 | Title: Short | Price: 30"]


def test_a_header_over_several_columns_is_part_of_their_names(pdf: FPDF, limits: ParseLimits) -> None:
    pdf.add_page()
    pdf.set_font_size(8)
    names = ["State", "North", "South", "East", "North", "South", "East"]
    table(pdf, 47, [names, ["Kent", "1", "2", "3", "4", "5", "6"], ["Essex", "7", "8", "9", "10", "11", "12"]], 24)
    put(pdf, 66, 40, "Imports")
    put(pdf, 138, 40, "Exports")
    put(pdf, 186, 40, "x")
    assert rows(pdf, limits)[0].startswith("State: Kent | Imports North: 1 | Imports South: 2 | Imports East: 3")


def test_a_table_on_a_turned_page_is_read_as_it_is_seen(limits: ParseLimits) -> None:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    pdf.add_page()
    with pdf.rotation(90, 105, 105):
        table(pdf, 40, [["Name", "Town", "Sold"], ["Ada", "London", "12"], ["Emmy", "Erlangen", "31"]])
    content = bytes(pdf.output()).replace(b"/Type /Page\n", b"/Type /Page\n/Rotate 90\n")
    assert b"/Rotate 90" in content
    document = parse_pdf(content, ParseOptions(limits))
    assert document.text == "Name: Ada | Town: London | Sold: 12\nName: Emmy | Town: Erlangen | Sold: 31"


@pytest.mark.parametrize("n_columns", [2, 3])
def test_columns_of_prose_are_no_table(pdf: FPDF, limits: ParseLimits, n_columns: int) -> None:
    pdf.add_page()
    pdf.set_font_size(9)
    for column in range(n_columns):
        pdf.set_xy(15 + column * 62, 20)
        pdf.multi_cell(56, 5, PROSE * 4)
    assert rows(pdf, limits) == []


@pytest.mark.parametrize(
    "lines",
    [
        [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]],
        [["x", "=", "y"], ["z", "=", "w"]],
        [["Name", "Ada"], ["Town", "London"]],
        [["One", "row", "only"]],
    ],
)
def test_signs_in_line_are_no_table_unless_they_plainly_are(
    pdf: FPDF, limits: ParseLimits, lines: list[list[str]]
) -> None:
    pdf.add_page()
    table(pdf, 40, lines)
    assert rows(pdf, limits) == []


def test_rows_without_a_header_are_parted_by_bars(pdf: FPDF, limits: ParseLimits) -> None:
    pdf.add_page()
    table(pdf, 40, [["Ada", "London", "12"], ["Grace", "York", "7"], ["Emmy", "Erlangen", "31"]])
    assert rows(pdf, limits) == ["Ada | London | 12", "Grace | York | 7", "Emmy | Erlangen | 31"]


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 400), st.integers(1, 60), st.integers(0, 30), st.integers(0, 2)),
        max_size=40,
    )
)
def test_no_word_is_lost_wherever_words_stand(places: list[tuple[int, int, int, int, int]]) -> None:
    texts = ("12", "Name", "a")
    words = sorted(
        (
            Word(f"{texts[kind]}{number}", line, float(left), float(left + width), float(-12 * row), 10.0)
            for number, (line, left, width, row, kind) in enumerate(places)
        ),
        key=lambda word: word.line,
    )
    known = sorted({word.line for word in words})
    lines = [Line(" ".join(word.text for word in words if word.line == line), size=10.0) for line in known]
    numbered = [Word(w.text, known.index(w.line), w.left, w.right, w.baseline, w.size) for w in words]
    made = with_tables(lines, numbered)
    kept = set(chain.from_iterable(line.text.replace("|", " ").replace(":", " ").split() for line in made))
    assert kept == {word.text for word in words}
