"""XML of any vocabulary: prose as paragraphs under headings, data as records.

Nothing is known of the vocabulary but its shape. An element with text of its own is a paragraph, marks inside it
included. An element of short texts is a record, one row of `name: value`; it becomes part of the record around it
unless that holds several of its name. A title above other things is a heading.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import html5
from typing import Final
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.guarded_xml import read_xml
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.problems import DocumentCorrupt
from ragstone.engine.parsing.text_writer import TextWriter

_MEDIA_TYPE: Final = "application/xml"
_TITLES: Final = frozenset({"head", "heading", "headline", "subject", "title"})
_PARAGRAPHS: Final = frozenset({"p", "para", "paragraph"})
_LONG_TEXTS: Final = _PARAGRAPHS.union(["abstract", "body", "content", "description", "summary", "text"])
_NOT_SHOWN: Final = frozenset({"class", "lang", "schemalocation", "space", "style"})
_MAX_DEPTH: Final = 256  # As libxml2 has it; each level copies the texts inside it.
_MAX_VALUE_CHARS: Final = 300
_MAX_RECORD_CHARS: Final = 4000


@dataclass(slots=True)
class _Item:
    """A finished part of an open element: a text, or a record of `fields`."""

    name: str
    text: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    is_record: bool = False
    is_prose: bool = False

    def as_fields(self) -> Iterator[tuple[str, str]]:
        if not self.is_record:
            yield from ((self.name, self.text), *self.fields)
        else:
            yield from ((f"{self.name}.{name}", value) for name, value in self.fields)


@dataclass(slots=True)
class _Frame:
    """An open element. `pieces` are all texts in it, its own and those of its marks."""

    name: str
    attributes: list[tuple[str, str]]
    items: list[_Item] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    has_own_text: bool = False
    has_blocks: bool = False


def parse_xml(content: bytes, options: ParseOptions) -> ParsedDocument:
    """The texts of an XML file in any encoding.

    Raises `DocumentCorrupt` for what is no XML, and `DocumentHostile` for declared entities.
    """
    reader = _Reader(TextWriter(options.limits))
    read_xml(content, _MEDIA_TYPE, reader)
    return reader.writer.finish(title=reader.title)


class _Reader(ContentHandler):
    """Keeps what is open, and writes what is finished."""

    def __init__(self, writer: TextWriter) -> None:
        super().__init__()
        self.writer = writer
        self.title: str | None = None
        self._stack = [_Frame("", [])]

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX.
        """An element begins."""
        if len(self._stack) > _MAX_DEPTH:
            raise DocumentCorrupt(media_type=_MEDIA_TYPE)
        self._stack.append(_Frame(_local(name), _shown(attrs)))

    def characters(self, content: str) -> None:
        """Text between tags."""
        frame = self._stack[-1]
        frame.pieces.append(content)
        frame.has_own_text = frame.has_own_text or not content.isspace()

    def skippedEntity(self, name: str) -> None:  # noqa: N802 - SAX.
        """An entity that a DTD may declare. Vocabularies agree with HTML on what the common ones mean."""
        self.characters(html5.get(f"{name};", ""))

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802 - SAX.
        """An element ends."""
        frame = self._stack.pop()
        parent = self._stack[-1]
        if frame.has_blocks:
            self._flush(frame, len(self._stack))
            self.writer.leave_sections(len(self._stack))
            return
        if not frame.items or frame.has_own_text:
            parent.pieces.append("".join(frame.pieces))
            text = " ".join("".join(frame.pieces).split())
            if text or frame.attributes:
                is_prose = bool(frame.items) or len(text) > _MAX_VALUE_CHARS
                parent.items.append(_Item(frame.name, text, frame.attributes, is_prose=is_prose))
            return
        if len(frame.items) == 1 and not frame.attributes and not frame.items[0].is_record:
            parent.pieces.extend(frame.pieces)
            frame.items[0].name = frame.name
            parent.items.append(frame.items[0])
            return
        self._end_record(frame, parent)

    def endDocument(self) -> None:  # noqa: N802 - SAX.
        """Everything was told."""
        self._flush(self._stack[0], 0)

    def _end_record(self, frame: _Frame, parent: _Frame) -> None:
        fields = [*frame.attributes, *(pair for item in frame.items for pair in item.as_fields())]
        n_chars = sum(len(key) + len(value) for key, value in fields)
        if _is_prose(frame.items) or n_chars > _MAX_RECORD_CHARS:
            self._flush_all()
            self._flush(frame, len(self._stack))
            self.writer.leave_sections(len(self._stack))
            return
        is_repeated = any(item.is_record and item.name == frame.name for item in parent.items)
        parent.pieces.append(" ".join(value for _, value in fields))  # Should the parent turn out to be a paragraph.
        parent.items.append(_Item(frame.name, fields=fields, is_record=True))
        if is_repeated or parent.has_blocks:
            self._flush_all()

    def _flush_all(self) -> None:
        for level, frame in enumerate(self._stack):
            self._flush(frame, level)
            frame.has_blocks = True

    def _flush(self, frame: _Frame, level: int) -> None:
        """Write what an element holds so far. `level` is its depth."""
        if frame.has_own_text:
            self.writer.block(BlockKind.PARAGRAPH, " ".join("".join(frame.pieces).split()))
        else:
            self._write(frame, level)
        frame.items, frame.pieces, frame.attributes, frame.has_own_text = [], [], [], False

    def _write(self, frame: _Frame, level: int) -> None:
        is_prose = _is_prose(frame.items)
        has_title = is_prose or frame.has_blocks or level < len(self._stack)
        row: list[tuple[str, str]] = [] if is_prose or not frame.items else list(frame.attributes)
        for item in frame.items:
            if has_title and item.text and item.name.lower() in _TITLES:
                self._write_row(row)
                self.writer.heading(max(level, 1), item.text)
                self.title = self.title or item.text
            elif item.is_record:
                self._write_row(row)
                self._write_row(list(item.fields))
            elif is_prose and (item.is_prose or item.name.lower() in _LONG_TEXTS):
                self._write_row(row)
                self.writer.block(BlockKind.PARAGRAPH, item.text)
            else:
                row.extend(item.as_fields())
        self._write_row(row)

    def _write_row(self, row: list[tuple[str, str]]) -> None:
        """Write the fields of one record, if there are any; they are then forgotten."""
        self.writer.block(BlockKind.TABLE_ROW, " | ".join(f"{key}: {value}" for key, value in row if value))
        row.clear()


def _is_prose(items: list[_Item]) -> bool:
    return any(item.is_prose or (not item.is_record and item.name.lower() in _PARAGRAPHS) for item in items)


def _shown(attributes: AttributesImpl) -> list[tuple[str, str]]:
    pairs = [(_local(key), " ".join(value.split())) for key, value in attributes.items() if not key.startswith("xmlns")]
    return [(key, value) for key, value in pairs if value and key.lower() not in _NOT_SHOWN]


def _local(name: str) -> str:
    return name.rpartition(":")[2]
