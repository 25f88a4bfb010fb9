"""The text of one paragraph of OpenDocument, and what hangs on it: boxes and notes."""

from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

DRAW: Final = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
"""The namespace of frames and shapes."""

OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
"""The namespace of a document's parts."""

TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
"""The namespace of tables."""

TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
"""The namespace of text."""

_UNSEEN: Final = frozenset(
    [f"{OFFICE}annotation", f"{OFFICE}annotation-end", f"{TEXT}ruby-text", f"{TEXT}tracked-changes"]
)
_MAX_SPACES: Final = 100


@dataclass(slots=True)
class Paragraph:
    """`extras` are containers of blocks: boxes, and the bodies of notes."""

    pieces: list[str] = field(default_factory=list)
    extras: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What is printed."""
        return "".join(self.pieces).strip()


def read_paragraph(element: Element, into: Paragraph | None = None) -> Paragraph:
    """Reads a paragraph or heading and everything inside it. White space counts as in HTML (part 3, section 6.1.2)."""
    paragraph = into or Paragraph()
    _add(paragraph, element.text)
    for child in element:
        if child.tag == f"{TEXT}s":
            paragraph.pieces.append(" " * min(int(child.get(f"{TEXT}c", "1")), _MAX_SPACES))
        elif child.tag == f"{TEXT}tab":
            paragraph.pieces.append("\t")
        elif child.tag == f"{TEXT}line-break":
            paragraph.pieces.append("\n")
        elif child.tag == f"{TEXT}note":
            paragraph.extras.extend(child.findall(f"{TEXT}note-body"))
        elif child.tag.startswith(DRAW) and child.tag != f"{DRAW}a":
            paragraph.extras.append(child)
        elif child.tag not in _UNSEEN:
            read_paragraph(child, paragraph)
        _add(paragraph, child.tail)
    return paragraph


def _add(paragraph: Paragraph, text: str | None) -> None:
    if text:
        spaced = " ".join(text.split())
        before = (
            " " if text[0].isspace() and not (paragraph.pieces and paragraph.pieces[-1].endswith((" ", "\n"))) else ""
        )
        paragraph.pieces.append(before + spaced + (" " if spaced and text[-1].isspace() else ""))
