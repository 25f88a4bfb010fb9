"""What the styles of a DOCX make of a paragraph: heading, list item, quote, code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from ragstone.engine.parsing.document import BlockKind

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
"""The namespace of WordprocessingML."""

_HEADING: Final = re.compile(r"heading ([1-9])$")  # The name in the file is English whatever the program's language.
_CODE: Final = re.compile(r"\bcode\b|preformatted|^macro$|^source")
_BODY_LEVEL: Final = 9
_NO_LIST: Final = "0"
_MAX_ANCESTORS: Final = 20


@dataclass(frozen=True, slots=True)
class ParagraphStyle:
    """`level` is a heading's, 0 for the title of the whole document; None is no heading. `list_id` and `list_level`
    are those of the list that its paragraphs are in.
    """

    kind: BlockKind = BlockKind.PARAGRAPH
    level: int | None = None
    list_id: str | None = None
    list_level: int = 0


def read_styles(tree: Element | None) -> Mapping[str, ParagraphStyle]:
    """The paragraph styles by their id; what a style does not say it has from the one it is based on."""
    if tree is None:
        return {}
    elements = {element.get(f"{W}styleId", ""): element for element in tree.iter(f"{W}style")}
    return {style_id: _resolved(style_id, elements) for style_id in elements}


def paragraph_style(paragraph: Element, styles: Mapping[str, ParagraphStyle]) -> ParagraphStyle:
    """The style of a paragraph, with what the paragraph itself says put above it."""
    properties = paragraph.find(f"{W}pPr")
    if properties is None:
        return ParagraphStyle()
    return _merged(styles.get(value(properties, "pStyle") or "", ParagraphStyle()), properties)


def value(element: Element, path: str) -> str | None:
    """The attribute `w:val` of the element at a path of local names, None if there is no such element."""
    found = element.find("/".join(W + name for name in path.split("/")))
    return None if found is None else found.get(f"{W}val", "")


def is_on(element: Element | None, name: str) -> bool:
    """Whether a property that is either on or off is on."""
    found = None if element is None else element.find(W + name)
    return found is not None and found.get(f"{W}val", "1") not in {"0", "false", "off", "none"}


def _resolved(style_id: str, elements: Mapping[str, Element]) -> ParagraphStyle:
    ancestors: list[Element] = []
    current = style_id
    while current in elements and len(ancestors) < _MAX_ANCESTORS:
        ancestors.append(elements[current])
        current = value(elements[current], "basedOn") or ""
    style = ParagraphStyle()
    for element in reversed(ancestors):
        style = _named(style, (value(element, "name") or "").lower())
        properties = element.find(f"{W}pPr")
        style = style if properties is None else _merged(style, properties)
    return style


def _named(style: ParagraphStyle, name: str) -> ParagraphStyle:
    if match := _HEADING.match(name):
        return ParagraphStyle(BlockKind.HEADING, int(match.group(1)), style.list_id, style.list_level)
    if name == "title":
        return ParagraphStyle(BlockKind.HEADING, 0)
    if "quote" in name:
        return ParagraphStyle(BlockKind.QUOTE)
    return ParagraphStyle(BlockKind.CODE) if _CODE.search(name) else style


def _merged(style: ParagraphStyle, properties: Element) -> ParagraphStyle:
    kind, level = style.kind, style.level
    outline = value(properties, "outlineLvl")
    if outline and outline.isdecimal():
        number = int(outline)
        kind, level = (BlockKind.HEADING, number + 1) if number < _BODY_LEVEL else (BlockKind.PARAGRAPH, None)
    list_id = value(properties, "numPr/numId")
    list_level = value(properties, "numPr/ilvl") or ""
    list_id = style.list_id if list_id is None else list_id
    if list_id == _NO_LIST:
        list_id = None
    if list_id and kind is BlockKind.PARAGRAPH:
        kind = BlockKind.LIST_ITEM
    elif not list_id and kind is BlockKind.LIST_ITEM:
        kind = BlockKind.PARAGRAPH
    return ParagraphStyle(kind, level, list_id, int(list_level) if list_level.isdecimal() else style.list_level)
