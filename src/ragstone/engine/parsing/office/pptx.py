"""PPTX: every slide is a page under its title, hidden slides too; shapes in their reading order, then the notes.

The reading order is that of the file, which is also the order in which a screen reader tells them; only the title comes
first wherever it is. Pictures are not looked at, so broken ones do no harm.
"""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.media_types import PPTX
from ragstone.engine.parsing.office.damage import damage_as_problem
from ragstone.engine.parsing.office.drawing_text import A, C, Line, iter_lines, read_chart, read_table
from ragstone.engine.parsing.office.ooxml import MC, Package, R, chosen
from ragstone.engine.parsing.text_writer import TextWriter

_P: Final = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_DIAGRAM: Final = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_TITLES: Final = frozenset({"ctrTitle", "title"})
_COUNTED: Final = frozenset({"dt", "sldImg", "sldNum"})
_ON_EVERY_SLIDE: Final = frozenset({"ftr", "hdr"})
_BODIES: Final = frozenset({"body", "obj"})  # Their paragraphs have bullets, unless they say that they have none.


def parse_pptx(content: bytes, options: ParseOptions) -> ParsedDocument:
    """A presentation of PowerPoint; also its templates, shows and those with macros.

    Raises `DocumentCorrupt`, `DocumentEncrypted`, `DocumentHostile`, `DocumentTooLarge`, `DocumentUnpacksTooLarge`.
    """
    package = Package(content, PPTX, options)
    writer = TextWriter(options.limits)
    with damage_as_problem(PPTX):
        main_part = package.main_part()
        relations = package.relations(main_part)
        slides = [
            relations[slide_id].target
            for entry in package.tree(main_part).iter(f"{_P}sldId")
            if (slide_id := entry.get(f"{R}id", "")) in relations
        ]
        reader = _Reader(package, writer)
        for slide in slides:
            reader.write_slide(slide)
    metadata = package.metadata() | {"slides": len(slides)}
    return writer.finish(str(metadata.get("title", "")) or writer.first_heading, metadata)


class _Reader:
    def __init__(self, package: Package, writer: TextWriter) -> None:
        self._package = package
        self._writer = writer
        self._seen: set[str] = set()  # Footers, which stand on every slide.

    def write_slide(self, part: str) -> None:
        """Writes a slide as a page: its title, its other shapes, its notes."""
        self._writer.begin_page()
        self._writer.leave_sections()
        relations = self._package.relations(part)
        shapes = list(_iter_shapes(self._package.tree(part).find(f"{_P}cSld/{_P}spTree")))
        titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
        for shape in titles:
            self._writer.heading(1, " ".join(line.text for line in _lines(shape)))
        for shape in shapes:
            if shape.tag == f"{_P}graphicFrame":
                self._write_graphic(shape, {key: relation.target for key, relation in relations.items()})
            elif shape not in titles:
                self._write_shape(shape)
        for relation in relations.values():
            if relation.kind == "notesSlide":
                self._write_notes(self._package.tree(relation.target))

    def _write_shape(self, shape: Element) -> None:
        placeholder = _placeholder(shape)
        lines = [] if placeholder in _COUNTED else _lines(shape)
        if placeholder in _ON_EVERY_SLIDE:
            lines = [line for line in lines if line.text not in self._seen]
            self._seen.update(line.text for line in lines)
        has_bullets = placeholder in _BODIES and len(lines) > 1
        for line in lines:
            is_item = has_bullets if line.is_item is None else line.is_item
            self._writer.block(BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH, line.text)

    def _write_graphic(self, frame: Element, targets: dict[str, str]) -> None:
        for table in frame.iter(f"{A}tbl"):
            self._writer.table(*read_table(table))
        for reference in frame.iter(f"{C}chart"):
            if target := targets.get(reference.get(f"{R}id", "")):
                title, rows = read_chart(self._package.tree(target))
                self._writer.block(BlockKind.PARAGRAPH, title)
                self._writer.table(rows, n_header_rows=1)
        for reference in frame.iter(f"{_DIAGRAM}relIds"):
            if target := targets.get(reference.get(f"{R}dm", "")):
                for body in self._package.tree(target).iter(f"{_DIAGRAM}t"):
                    self._writer.block(BlockKind.LIST_ITEM, "\n".join(line.text for line in iter_lines(body)))

    def _write_notes(self, notes: Element) -> None:
        for shape in _iter_shapes(notes.find(f"{_P}cSld/{_P}spTree")):
            if _placeholder(shape) == "body":
                for line in _lines(shape):
                    self._writer.block(BlockKind.LIST_ITEM if line.is_item else BlockKind.PARAGRAPH, line.text)


def _iter_shapes(container: Element | None) -> Iterator[Element]:
    """Shapes and frames in the order of the file, those inside groups among them."""
    for child in () if container is None else container:
        if child.tag == f"{_P}grpSp":
            yield from _iter_shapes(child)
        elif child.tag == f"{MC}AlternateContent":
            yield from _iter_shapes(chosen(child))
        elif child.tag in {f"{_P}sp", f"{_P}graphicFrame"}:
            yield child


def _placeholder(shape: Element) -> str | None:
    """What a shape is on its slide; None for shapes that have no place in the layout."""
    found = next(shape.iter(f"{_P}ph"), None)
    return None if found is None else found.get("type", "obj")


def _lines(shape: Element) -> list[Line]:
    body = shape.find(f"{_P}txBody")
    return [] if body is None else list(iter_lines(body))
