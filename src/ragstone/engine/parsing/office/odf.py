"""ODT and ODP (OpenDocument 1.3): text with its outline, lists, tables, boxes and notes; slides as pages."""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.guarded_xml import xml_tree
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.office.damage import damage_as_problem
from ragstone.engine.parsing.office.odf_metadata import odf_metadata
from ragstone.engine.parsing.office.odf_text import DRAW, OFFICE, TABLE, TEXT, Paragraph, read_paragraph
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted
from ragstone.engine.parsing.table_rows import Slot, count_header_rows, iter_row_texts
from ragstone.engine.parsing.text_writer import TextWriter
from ragstone.engine.parsing.zip_guard import GuardedZip

_PRESENTATION: Final = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_STYLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_ENCRYPTION: Final = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}encryption-data"
_MANIFEST: Final = "META-INF/manifest.xml"
_CONTAINERS: Final = frozenset(
    [f"{TEXT}{name}" for name in ("index-body", "index-title", "section", "table-of-content")]
    + [f"{DRAW}{name}" for name in ("a", "g", "text-box")]
)
_MAX_SPAN: Final = 1000
_UNTITLED: Final = frozenset({"Title"})
_QUOTES: Final = frozenset({"Quotations"})
_CODE: Final = frozenset({"Preformatted_20_Text"})


def parse_odf(content: bytes, options: ParseOptions, media_type: str) -> ParsedDocument:
    """A text or a presentation. Raises `DocumentCorrupt`, `DocumentEncrypted` (its encryption cannot be opened),
    `DocumentHostile`, `DocumentTooLarge`, `DocumentUnpacksTooLarge`.
    """
    package = GuardedZip(content, media_type, options)
    if _MANIFEST in package and any(True for _ in xml_tree(package.read(_MANIFEST), media_type).iter(_ENCRYPTION)):
        raise DocumentEncrypted(media_type=media_type)
    writer = TextWriter(options.limits)
    n_slides = 0
    with damage_as_problem(media_type):
        root = xml_tree(package.read("content.xml"), media_type)
        body = root.find(f"{OFFICE}body")
        if body is None:
            raise DocumentCorrupt(media_type=media_type)
        reader = _Reader(writer, _parents(root))
        for text in body.iter(f"{OFFICE}text"):
            reader.write_blocks(text)
        for page in body.iter(f"{DRAW}page"):
            n_slides += 1
            reader.write_slide(page)
    metadata = odf_metadata(package, media_type)
    if n_slides:
        metadata["slides"] = n_slides
    return writer.finish(str(metadata.get("title", "")) or writer.first_heading, metadata)


class _Reader:
    def __init__(self, writer: TextWriter, parents: dict[str, str]) -> None:
        self._writer = writer
        self._parents = parents  # Of the styles made for single paragraphs.

    def write_blocks(self, container: Element, kind: BlockKind = BlockKind.PARAGRAPH) -> None:
        """Writes everything in a container; `kind` is that of its paragraphs."""
        for child in container:
            if child.tag in {f"{TEXT}h", f"{TEXT}p"}:
                self._write_paragraph(child, kind)
            elif child.tag == f"{TEXT}list":
                for item in child:
                    self.write_blocks(item, BlockKind.LIST_ITEM)
            elif child.tag == f"{TABLE}table":
                self._write_table(child)
            elif child.tag == f"{DRAW}frame":
                self.write_blocks(child, kind)
            elif child.tag in _CONTAINERS or child.tag.startswith(DRAW):
                self.write_blocks(child)

    def write_slide(self, page: Element) -> None:
        """Writes a slide as a page: its title, its other frames, its notes."""
        self._writer.begin_page()
        self._writer.leave_sections()
        frames = [frame for frame in page if frame.get(f"{_PRESENTATION}class") == "title"]
        for frame in frames:
            texts = (read_paragraph(element).text for element in frame.iter(f"{TEXT}p"))
            self._writer.heading(1, " ".join(texts))
        notes = page.find(f"{_PRESENTATION}notes")
        for child in [*page, *(() if notes is None else notes)]:
            if child not in frames and child is not notes:
                wrapped = Element("slide")
                wrapped.append(child)
                self.write_blocks(wrapped)

    def _write_paragraph(self, element: Element, kind: BlockKind) -> None:
        paragraph = read_paragraph(element)
        style = self._named_style(element)
        if element.tag == f"{TEXT}h":
            self._writer.heading(int(element.get(f"{TEXT}outline-level", "1")), paragraph.text)
        elif style in _UNTITLED:
            self._writer.heading(0, paragraph.text)
        elif style in _QUOTES:
            self._writer.block(BlockKind.QUOTE, paragraph.text)
        else:
            self._writer.block(BlockKind.CODE if style in _CODE else kind, paragraph.text)
        self._write_extras(paragraph)

    def _write_extras(self, paragraph: Paragraph) -> None:
        for extra in paragraph.extras:
            self.write_blocks(extra)

    def _write_table(self, table: Element) -> None:
        extras = Paragraph()
        n_stated = sum(
            1 for header in table.iter(f"{TABLE}table-header-rows") for _ in header.iter(f"{TABLE}table-row")
        )
        rows = _read_rows(table, extras)
        self._writer.table(rows, n_stated or count_header_rows(rows))
        self._write_extras(extras)

    def _named_style(self, element: Element) -> str:
        name = element.get(f"{TEXT}style-name", "")
        return self._parents.get(name) or name


def _read_rows(table: Element, extras: Paragraph) -> list[list[Slot]]:
    rows: list[list[Slot]] = []
    below: dict[int, tuple[int, list[Slot]]] = {}  # By column: for how many more rows a cell reaches, and its slots.
    for element in _iter_rows(table):
        row: list[Slot] = []
        for cell in element:
            repeats = _number(cell, "number-columns-repeated")
            if cell.tag == f"{TABLE}covered-table-cell":
                for _ in range(repeats):
                    n_rows, slots = below.get(len(row), (0, []))
                    row.append(slots[0] if n_rows and slots else None)
                continue
            if cell.tag != f"{TABLE}table-cell":
                continue
            text = _cell_text(cell, extras)
            for offset in range(_number(cell, "number-columns-spanned")):
                slot = text if not offset else None
                below[len(row) + offset] = (_number(cell, "number-rows-spanned"), [slot])
            row.extend([text] * repeats)
        below = {column: (n_rows - 1, slots) for column, (n_rows, slots) in below.items() if n_rows > 1}
        while row and not row[-1] and row[-1] is not None:
            row.pop()
        rows.append(row)
    return rows


def _iter_rows(table: Element) -> Iterator[Element]:
    for child in table:
        if child.tag == f"{TABLE}table-row":
            yield child
        elif child.tag in {f"{TABLE}{name}" for name in ("table-header-rows", "table-row-group", "table-rows")}:
            yield from _iter_rows(child)


def _cell_text(cell: Element, extras: Paragraph) -> str:
    lines = []
    for child in cell.iter():
        if child.tag in {f"{TEXT}h", f"{TEXT}p"}:
            paragraph = read_paragraph(child)
            lines.append(paragraph.text)
            extras.extras.extend(paragraph.extras)
        elif child.tag == f"{TABLE}table":
            lines.append("; ".join(iter_row_texts(_read_rows(child, extras), 0)))
    return "\n".join(lines)


def _number(element: Element, name: str) -> int:
    return max(1, min(int(element.get(TABLE + name, "1")), _MAX_SPAN))


def _parents(root: Element) -> dict[str, str]:
    return {
        style.get(f"{_STYLE}name", ""): parent
        for style in root.iter(f"{_STYLE}style")
        if (parent := style.get(f"{_STYLE}parent-style-name"))
    }
