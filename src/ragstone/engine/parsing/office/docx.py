"""DOCX: what is printed, in the order of the text, with the numbers that Word counts itself.

Text boxes and notes follow the paragraph they hang on; headers stand before the text and footers behind it, each once.
"""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.media_types import DOCX
from ragstone.engine.parsing.office.damage import damage_as_problem
from ragstone.engine.parsing.office.docx_numbering import Numbering
from ragstone.engine.parsing.office.docx_styles import W, paragraph_style, read_styles
from ragstone.engine.parsing.office.docx_table import TableReader, iter_blocks, iter_children
from ragstone.engine.parsing.office.docx_text import Paragraph, read_paragraph
from ragstone.engine.parsing.office.ooxml import Package, R
from ragstone.engine.parsing.text_writer import TextWriter

_NOTE_KINDS: Final = ("footnote", "endnote")


def parse_docx(content: bytes, options: ParseOptions) -> ParsedDocument:
    """A document of Word, or of a program that writes its format; also its templates and those with macros.

    Raises `DocumentCorrupt`, `DocumentEncrypted`, `DocumentHostile`, `DocumentTooLarge`, `DocumentUnpacksTooLarge`.
    """
    package = Package(content, DOCX, options)
    writer = TextWriter(options.limits)
    with damage_as_problem(DOCX):
        main_part = package.main_part()
        main = package.tree(main_part)
        body = main.find(f"{W}body")
        reader = _Reader(package, main_part, writer)
        reader.write_margins(main, "header")
        if body is not None:
            reader.write_blocks(body)
        writer.leave_sections(level=0)
        reader.write_margins(main, "footer")
    metadata = package.metadata()
    return writer.finish(str(metadata.get("title", "")) or writer.first_heading, metadata)


class _Reader:
    def __init__(self, package: Package, part: str, writer: TextWriter) -> None:
        self._package = package
        self._relations = package.relations(part)
        self._writer = writer
        self._styles = read_styles(package.find_related(part, "styles"))
        self._numbering = Numbering(package.find_related(part, "numbering"))
        self._tables = TableReader(self._styles, self._numbering)
        self._notes = {kind: _notes(package.find_related(part, f"{kind}s"), kind) for kind in _NOTE_KINDS}

    def write_blocks(self, container: Element) -> None:
        """Writes paragraphs and tables, each followed by what hangs on it."""
        for element in iter_blocks(container):
            if element.tag == f"{W}p":
                self._write_paragraph(element)
            else:
                self._write_table(element)

    def write_margins(self, main: Element, kind: str) -> None:
        """Writes the headers or footers of all sections. Those of equal text are one; numbers alone are left out."""
        written = set()
        for reference in main.iter(f"{W}{kind}Reference"):
            relation = self._relations.get(reference.get(f"{R}id", ""))
            if relation is None or relation.target in written:
                continue
            written.add(relation.target)
            tree = self._package.tree(relation.target)
            text = " ".join("".join(tree.itertext()).split())
            if text not in written and any(map(str.isalpha, text)):
                written.add(text)
                self.write_blocks(tree)

    def _write_paragraph(self, element: Element) -> None:
        paragraph = read_paragraph(element)
        text, style = paragraph.text, paragraph_style(element, self._styles)
        if text and style.list_id:
            text = f"{self._numbering.label(style.list_id, style.list_level)} {text}".strip()
        if style.level is None:
            self._writer.block(style.kind, text)
        else:
            self._writer.heading(style.level, text)
        self._write_extras(paragraph)

    def _write_table(self, table: Element) -> None:
        if self._tables.is_layout(table):
            for row in iter_children(table, "tr"):
                for cell in iter_children(row, "tc"):
                    self.write_blocks(cell)
            return
        rows, n_header_rows, extras = self._tables.read(table)
        self._writer.table(rows, n_header_rows)
        self._write_extras(extras)

    def _write_extras(self, paragraph: Paragraph) -> None:
        for box in paragraph.boxes:
            self.write_blocks(box)
        for kind, note_id in paragraph.notes:
            note = self._notes[kind].pop(note_id, None)  # A note that refers to itself is written once.
            if note is not None:
                self.write_blocks(note)


def _notes(tree: Element | None, kind: str) -> dict[str, Element]:
    """The notes of a document by their id, without the lines that part them from the text."""
    return {} if tree is None else dict(_iter_notes(tree, kind))


def _iter_notes(tree: Element, kind: str) -> Iterator[tuple[str, Element]]:
    for note in tree.iter(W + kind):
        if note.get(f"{W}type", "normal") == "normal":
            yield note.get(f"{W}id", ""), note
