"""Tables of a DOCX as slots: cells that cover several columns or rows, lists and tables inside cells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from ragstone.engine.parsing.document import BlockKind
from ragstone.engine.parsing.office.docx_numbering import Numbering
from ragstone.engine.parsing.office.docx_styles import ParagraphStyle, W, is_on, paragraph_style, value
from ragstone.engine.parsing.office.docx_text import Paragraph, read_paragraph
from ragstone.engine.parsing.table_rows import Slot, count_header_rows, iter_row_texts

_MAX_SPAN: Final = 1000
_TRANSPARENT: Final = frozenset(W + name for name in ("customXml", "ins", "moveTo", "sdt", "sdtContent", "smartTag"))


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads tables of one document."""

    styles: Mapping[str, ParagraphStyle]
    numbering: Numbering

    def read(self, table: Element) -> tuple[list[list[Slot]], int, Paragraph]:
        """The slots of a table, how many of its rows are its header, and the boxes and notes that hang on its cells."""
        extras = Paragraph()
        rows: list[list[Slot]] = []
        elements = list(iter_children(table, "tr"))
        for element in elements:
            rows.append(self._row(element, rows[-1] if rows else [], extras))
        stated = 0
        while stated < len(elements) and is_on(elements[stated].find(f"{W}trPr"), "tblHeader"):
            stated += 1
        if not stated and len(elements) > 1 and is_bold(elements[0]) and not is_bold(elements[1]):
            stated = 1
        return rows, stated or count_header_rows(rows), extras

    def is_layout(self, table: Element) -> bool:
        """Whether a table only places things on a page: it has one cell, or headings inside its cells."""
        cells = [cell for row in iter_children(table, "tr") for cell in iter_children(row, "tc")]
        return len(cells) == 1 or any(
            paragraph_style(paragraph, self.styles).kind is BlockKind.HEADING
            for cell in cells
            for paragraph in iter_children(cell, "p")
        )

    def _row(self, element: Element, above: list[Slot], extras: Paragraph) -> list[Slot]:
        row: list[Slot] = [""] * _number(value(element, "trPr/gridBefore"), 0)
        for cell in iter_children(element, "tc"):
            merged = cell.find(f"{W}tcPr/{W}vMerge")
            if merged is not None and merged.get(f"{W}val", "continue") != "restart" and len(row) < len(above):
                text = above[len(row)] or ""
            else:
                text = self._cell(cell, extras)
            row.append(text)
            row.extend([None] * (_number(value(cell, "tcPr/gridSpan"), 1) - 1))
        return row

    def _cell(self, cell: Element, extras: Paragraph) -> str:
        lines = []
        for child in iter_blocks(cell):
            if child.tag == f"{W}tbl":
                rows, _, inner = self.read(child)
                lines.append("; ".join(iter_row_texts(rows, 0)))
                extras.boxes += inner.boxes
                extras.notes += inner.notes
                continue
            paragraph = read_paragraph(child)
            style = paragraph_style(child, self.styles)
            label = self.numbering.label(style.list_id, style.list_level) if style.list_id and paragraph.text else ""
            lines.append(f"{label} {paragraph.text}".strip())
            extras.boxes += paragraph.boxes
            extras.notes += paragraph.notes
        return "\n".join(lines).strip()


def iter_blocks(container: Element) -> Iterator[Element]:
    """The paragraphs and tables of a container, also those inside content controls and marks of revision."""
    for child in container:
        if child.tag in {f"{W}p", f"{W}tbl"}:
            yield child
        elif child.tag in _TRANSPARENT:
            yield from iter_blocks(child)


def iter_children(container: Element, name: str) -> Iterator[Element]:
    """Children of one name that were not deleted, also those inside content controls and marks of revision."""
    for child in container:
        if child.tag == W + name:
            if child.find(f"{W}trPr/{W}del") is None:
                yield child
        elif child.tag in _TRANSPARENT:
            yield from iter_children(child, name)


def is_bold(row: Element) -> bool:
    """Whether all text of a row is printed bold."""
    runs = [run for run in row.iter(f"{W}r") if any((text.text or "").strip() for text in run.iter(f"{W}t"))]
    return bool(runs) and all(is_on(run.find(f"{W}rPr"), "b") for run in runs)


def _number(text: str | None, default: int) -> int:
    return min(int(text), _MAX_SPAN) if text and text.isdecimal() else default
