"""Builds the PDFs of the sample handbook from `scripts/sample_pdfs/*.md`, the same bytes at every run.

It knows the Markdown those files use (headings, paragraphs, lists, tables) and nothing more. The fonts come from the
system (Debian and Ubuntu: `apt-get install fonts-dejavu-core`); only the letters used are embedded.

    python scripts/build_sample_pdfs.py [--fonts DIR] [--output DIR]
"""

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue, TextDirection, XPos, YPos

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = Path(__file__).resolve().parent / "sample_pdfs"
OUTPUT: Final = ROOT / "src" / "ragstone" / "samples" / "documents"
FONTS: Final = Path("/usr/share/fonts/truetype/dejavu")

HEADING_SIZES_PT: Final = {1: 21.0, 2: 14.0, 3: 11.5}
HEADING_KEEPS_LINES: Final = {1: 5, 2: 8, 3: 5}
BODY_SIZE_PT: Final = 10.5
TABLE_SIZE_PT: Final = 9.0
LINE_MM: Final = 5.8
CELL_LINE_MM: Final = 4.9
CELL_PADDING_MM: Final = 1.5
INDENT_MM: Final = 7.0
RULE: Final = re.compile(r"\|[\s\-|]+\|")
LIST_ITEM: Final = re.compile(r"(-|\d+\.) (.*)")


@dataclass(frozen=True)
class Edition:
    """One PDF: its source file's stem and what depends on its language."""

    name: str
    author: str
    created: datetime
    font: str
    page_label: str
    is_rtl: bool

    @property
    def align(self) -> Align:
        """The side on which lines begin."""
        return Align.R if self.is_rtl else Align.L


EDITIONS: Final = (
    Edition(
        name="harbour-operations-manual",
        author="Idris Calloway",
        created=datetime(2026, 1, 12, 9, 0, tzinfo=UTC),
        font="DejaVuSerif",
        page_label="Page {page} of {{nb}}",
        is_rtl=False,
    ),
    Edition(
        name="keepers-manual-ar",
        author="نور البصري",
        created=datetime(2026, 2, 9, 9, 0, tzinfo=UTC),
        font="DejaVuSans",
        page_label="صفحة {page}",
        is_rtl=True,
    ),
)


class Book(FPDF):
    """A4 pages with the document's title above and the page number below."""

    def __init__(self, edition: Edition, title: str, fonts: Path) -> None:
        super().__init__(format="A4")
        self.edition = edition
        self.add_font("body", "", fonts / f"{edition.font}.ttf")
        self.add_font("body", "B", fonts / f"{edition.font}-Bold.ttf")
        self.set_text_shaping(
            use_shaping_engine=edition.is_rtl,
            direction=TextDirection.RTL if edition.is_rtl else TextDirection.LTR,
        )
        self.set_lang("ar" if edition.is_rtl else "en")
        self.set_title(title)
        self.set_author(edition.author)
        self.set_creation_date(edition.created)
        self.set_margins(24, 22, 24)
        self.set_auto_page_break(auto=True, margin=24)
        self.set_line_width(0.15)
        self.set_draw_color(150)

    def header(self) -> None:
        """The title, from the second page on."""
        if self.page_no() > 1:
            self._furniture(self.title or "")
            self.ln(10)

    def footer(self) -> None:
        """The page number."""
        self.set_y(-16)
        self._furniture(self.edition.page_label.format(page=self.page_no()))

    def _furniture(self, text: str) -> None:
        self.set_font("body", "", 8)
        self.set_text_color(110)
        self.cell(0, 5, text, align=Align.C)
        self.set_text_color(0)

    def heading(self, level: int, text: str) -> None:
        """A heading, kept together with the lines that follow it."""
        if self.will_page_break(LINE_MM * HEADING_KEEPS_LINES[level]):
            self.add_page()
        self.ln(4 if level > 1 else 0)
        self.set_font("body", "B", HEADING_SIZES_PT[level])
        self._lines(text, HEADING_SIZES_PT[level] * 0.5)
        self.ln(1.5)

    def paragraph(self, text: str) -> None:
        """A paragraph of body text."""
        self.set_font("body", "", BODY_SIZE_PT)
        self._lines(text, LINE_MM)
        self.ln(2.2)

    def list_item(self, text: str) -> None:
        """A paragraph indented on the side where lines begin."""
        self.set_font("body", "", BODY_SIZE_PT)
        self._lines(text, LINE_MM, indent=INDENT_MM)
        self.ln(0.8)

    def grid(self, rows: Sequence[Sequence[str]]) -> None:
        """Rows of cells from left to right, the first row in bold. Column widths follow the longest cells."""
        longest = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        widths = [self.epw * (length + 6) / (sum(longest) + 6 * len(longest)) for length in longest]
        for number, row in enumerate(rows):
            self.set_font("body", "" if number else "B", TABLE_SIZE_PT)
            self._row(row, widths)
        self.ln(4)

    def _row(self, cells: Sequence[str], widths: Sequence[float]) -> None:
        height = max(self._cell_height(text, width) for text, width in zip(cells, widths, strict=True))
        if self.will_page_break(height):
            self.add_page()
            self.set_font("body", "", TABLE_SIZE_PT)
        left, top = self.l_margin, self.get_y()
        for text, width in zip(cells, widths, strict=True):
            self.rect(left, top, width, height)
            self.set_xy(left, top + CELL_PADDING_MM / 2)
            self.multi_cell(width, CELL_LINE_MM, text, align=self.edition.align)
            left += width
        self.set_xy(self.l_margin, top + height)

    def _cell_height(self, text: str, width: float) -> float:
        height = self.multi_cell(width, CELL_LINE_MM, text, dry_run=True, output=MethodReturnValue.HEIGHT)
        assert isinstance(height, float)
        return height + CELL_PADDING_MM

    def _lines(self, text: str, height: float, indent: float = 0.0) -> None:
        if not self.edition.is_rtl:
            self.set_x(self.l_margin + indent)
        self.multi_cell(self.epw - indent, height, text, align=self.edition.align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def build(edition: Edition, source: Path, fonts: Path) -> bytes:
    """The PDF of one edition."""
    lines = [line for line in source.read_text("utf-8").splitlines() if line]
    book = Book(edition, title=lines[0].removeprefix("# "), fonts=fonts)
    book.add_page()
    for is_table, group in groupby(lines, key=lambda line: line.startswith("|")):
        if is_table:
            book.grid(list(_table_rows(group)))
        else:
            for line in group:
                _add_line(book, line)
    return bytes(book.output())


def _add_line(book: Book, line: str) -> None:
    marks, _, title = line.partition(" ")
    if marks and set(marks) == {"#"}:
        book.heading(len(marks), title)
    elif item := LIST_ITEM.fullmatch(line):
        book.list_item(f"• {item[2]}" if item[1] == "-" else line)
    else:
        book.paragraph(line)


def _table_rows(lines: Iterator[str]) -> Iterator[list[str]]:
    for line in lines:
        if not RULE.fullmatch(line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def main() -> None:
    """Build every edition into the samples folder."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--fonts", type=Path, default=FONTS)
    arguments.add_argument("--output", type=Path, default=OUTPUT)
    options = arguments.parse_args()
    for edition in EDITIONS:
        content = build(edition, SOURCES / f"{edition.name}.md", options.fonts)
        (options.output / f"{edition.name}.pdf").write_bytes(content)


if __name__ == "__main__":
    main()
