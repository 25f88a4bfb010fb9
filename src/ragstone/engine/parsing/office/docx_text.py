"""The text of one paragraph of a DOCX, and what hangs on it: boxes and notes."""

from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from ragstone.engine.parsing.office.docx_styles import W, is_on
from ragstone.engine.parsing.office.equations import M, linear_equation
from ragstone.engine.parsing.office.ooxml import MC, chosen

_SIGNS: Final = {
    f"{W}br": "\n",
    f"{W}cr": "\n",
    f"{W}noBreakHyphen": "-",
    f"{W}ptab": "\t",
    f"{W}tab": "\t",
}
_UNSEEN: Final = frozenset(
    W + name
    for name in ("del", "delText", "instrText", "moveFrom", "pPr", "rPr", "rt", "sdtPr", "tblPr", "tcPr", "trPr")
)
_NOTES: Final = {f"{W}endnoteReference": "endnote", f"{W}footnoteReference": "footnote"}
_DRAWINGS: Final = frozenset(W + name for name in ("drawing", "object", "pict"))
_BOX: Final = f"{W}txbxContent"
_PRIVATE_USE: Final = range(0xE000, 0xF900)


@dataclass(slots=True)
class Paragraph:
    """`boxes` hold blocks of their own; `notes` are kinds and ids."""

    pieces: list[str] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What is printed. Text that was deleted or is hidden is not."""
        return "".join(self.pieces).strip()


def read_paragraph(element: Element, into: Paragraph | None = None) -> Paragraph:
    """Reads an element of running text and everything inside it."""
    paragraph = into or Paragraph()
    for child in element:
        tag = child.tag
        if (text := _printed(child)) is not None:
            paragraph.pieces.append(text)
        elif tag in _NOTES:
            paragraph.notes.append((_NOTES[tag], child.get(f"{W}id", "")))
        elif tag in _DRAWINGS:
            _find_boxes(child, paragraph.boxes)
        elif tag == f"{MC}AlternateContent":
            choice = chosen(child)
            if choice is not None:
                read_paragraph(choice, paragraph)
        elif tag not in _UNSEEN and not (tag == f"{W}r" and is_on(child.find(f"{W}rPr"), "vanish")):
            read_paragraph(child, paragraph)
    return paragraph


def _printed(element: Element) -> str | None:
    """What one sign, piece of text or equation is printed as; None for other elements."""
    if element.tag == f"{W}t":
        return element.text or ""
    if element.tag == f"{W}sym":
        return _symbol(element.get(f"{W}char", ""))
    if element.tag in {f"{M}oMath", f"{M}oMathPara"}:
        return linear_equation(element)
    return _SIGNS.get(element.tag)


def _find_boxes(element: Element, boxes: list[Element]) -> None:
    """The outermost text boxes under an element; of alternatives only the chosen one."""
    for child in element:
        if child.tag == _BOX:
            boxes.append(child)
        elif child.tag == f"{MC}AlternateContent":
            choice = chosen(child)
            if choice is not None:
                _find_boxes(choice, boxes)
        else:
            _find_boxes(child, boxes)


def _symbol(code: str) -> str:
    """A sign by its code. Those of private fonts say nothing outside them."""
    number = int(code, 16) if code else 0
    return "" if number in _PRIVATE_USE else chr(number)
