"""Text, tables and charts of DrawingML (ECMA-376 part 1, chapters 20 and 21), as slides hold them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from ragstone.engine.parsing.office.equations import M, linear_equation
from ragstone.engine.parsing.office.numerals import numeral
from ragstone.engine.parsing.office.ooxml import MC, chosen
from ragstone.engine.parsing.table_rows import Slot, count_header_rows

A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
"""The namespace of DrawingML."""

C: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
"""The namespace of charts."""

_NUMBER_STYLES: Final = {
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}
_AUTO_NUMBER: Final = re.compile("(alphaLc|alphaUc|romanLc|romanUc)?.*?(ParenBoth|ParenR|Plain|Period)?$")
_AROUND: Final = {"ParenBoth": "({})", "ParenR": "{})", "Plain": "{}"}
_COUNTED_FIELDS: Final = ("datetime", "slidenum")


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a text body; `is_item` is None where only the slide's layout knows whether it has a bullet."""

    text: str
    is_item: bool | None


def iter_lines(body: Element) -> Iterator[Line]:
    """The paragraphs of a text body that are not empty, with the numbers of numbered lists written out."""
    counts: dict[int, int] = {}
    for paragraph in body.findall(f"{A}p"):
        text = _text(paragraph).strip()
        if not text:
            continue
        properties = paragraph.find(f"{A}pPr")
        level = 0 if properties is None else int(properties.get("lvl", "0"))
        counts = {number: count for number, count in counts.items() if number <= level}
        automatic = None if properties is None else properties.find(f"{A}buAutoNum")
        if automatic is not None:
            counts[level] = counts.get(level, int(automatic.get("startAt", "1")) - 1) + 1
            yield Line(f"{_label(counts[level], automatic.get('type', ''))} {text}", is_item=True)
            continue
        counts.pop(level, None)
        yield Line(text, _is_item(properties))


def read_table(table: Element) -> tuple[list[list[Slot]], int]:
    """The slots of a table, and how many of its rows are its header."""
    rows: list[list[Slot]] = []
    for element in table.findall(f"{A}tr"):
        row: list[Slot] = []
        for cell in element.findall(f"{A}tc"):
            column = len(row)
            if cell.get("hMerge") in {"1", "true"} and row:
                row.append(None)
            elif cell.get("vMerge") in {"1", "true"} and rows and column < len(rows[-1]):
                row.append(rows[-1][column])
            else:
                row.append("\n".join(line.text for body in cell.findall(f"{A}txBody") for line in iter_lines(body)))
        rows.append(row)
    properties = table.find(f"{A}tblPr")
    is_stated = properties is not None and properties.get("firstRow") in {"1", "true"}
    return rows, max(int(is_stated), count_header_rows(rows))


def read_chart(chart: Element) -> tuple[str, list[list[Slot]]]:
    """The title of a chart, and what it shows as a table: a row for each category under the names of the series."""
    title = chart.find(f"{C}chart/{C}title")
    series = list(chart.iter(f"{C}ser"))
    names = [_first_value(element.find(f"{C}tx")) for element in series]
    columns = [_points(element.find(f"{C}val"), element.find(f"{C}yVal")) for element in series]
    labels: dict[int, str] = {}
    for element in series:
        labels = _points(element.find(f"{C}cat"), element.find(f"{C}xVal")) | labels
    indexes = sorted({*labels, *(index for column in columns for index in column)})
    rows: list[list[Slot]] = [
        [labels.get(index, ""), *(column.get(index, "") for column in columns)] for index in indexes
    ]
    text = "" if title is None else " ".join(line.text for body in title.iter(f"{C}rich") for line in iter_lines(body))
    return text, [["", *names], *rows]


def _text(paragraph: Element) -> str:
    pieces = []
    for child in paragraph:
        if child.tag == f"{A}br":
            pieces.append("\n")
        elif child.tag == f"{A}r" or (child.tag == f"{A}fld" and not child.get("type", "").startswith(_COUNTED_FIELDS)):
            pieces.append("".join(text.text or "" for text in child.iter(f"{A}t")))
        elif child.tag == f"{MC}AlternateContent":
            choice = chosen(child)
            pieces.extend([] if choice is None else map(linear_equation, choice.iter(f"{M}oMath")))
        else:
            pieces.extend(map(linear_equation, child.iter(f"{M}oMath")))
    return "".join(pieces)


def _is_item(properties: Element | None) -> bool | None:
    if properties is None:
        return None
    if properties.find(f"{A}buChar") is not None or properties.find(f"{A}buBlip") is not None:
        return True
    return False if properties.find(f"{A}buNone") is not None else None


def _label(number: int, style: str) -> str:
    match = _AUTO_NUMBER.match(style)
    letters, around = match.groups() if match else (None, None)
    return _AROUND.get(around or "", "{}.").format(numeral(number, _NUMBER_STYLES.get(letters or "", "decimal")))


def _first_value(element: Element | None) -> str:
    return "" if element is None else next((value.text or "" for value in element.iter(f"{C}v")), "")


def _points(*containers: Element | None) -> dict[int, str]:
    return {
        int(point.get("idx", "0")): _first_value(point)
        for container in containers
        if container is not None
        for point in container.iter(f"{C}pt")
    }
