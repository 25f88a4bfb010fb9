"""PPT of PowerPoint 97 to 2003 (MS-PPT): slides in their order as pages, with their boxes and notes."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.office.damage import damage_as_problem
from ragstone.engine.parsing.office.ole import CompoundFile
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted
from ragstone.engine.parsing.text_writer import TextWriter

_MEDIA_TYPE: Final = "application/vnd.ms-powerpoint"
_CONTAINER: Final = 0x0F
_SLIDE_ATOM: Final = 0x03EF
_SLIDE_PERSIST: Final = 0x03F3
_OUTLINE_REFERENCE: Final = 0x0F9E
_TEXT_HEADER: Final = 0x0F9F
_TEXT_CHARACTERS: Final = 0x0FA0
_TEXT_BYTES: Final = 0x0FA8
_SLIDE_LIST: Final = 0x0FF0
_USER_EDIT: Final = 0x0FF5
_PERSIST_DIRECTORY: Final = 0x1772
_TEXT_BOX: Final = 0xF00D
_ENCRYPTED: Final = 0xF3D1C4DF
_SLIDES: Final = 0
_NOTES: Final = 2
_TITLES: Final = frozenset({0, 6})
_BODIES: Final = frozenset({1, 5, 7, 8})
_NOTES_TEXT: Final = 2
_OTHER: Final = 4
_COUNTED: Final = frozenset({"*", ""})  # What stands for the date and the number of a slide.
_MAX_EDITS: Final = 10_000
_MAX_DEPTH: Final = 100


@dataclass(frozen=True, slots=True)
class _Record:
    """A record's body is `[start, end)` of the stream."""

    kind: int
    instance: int
    is_container: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Text:
    """`kind` is a title's, a body's and so on (MS-PPT, TextTypeEnum)."""

    kind: int
    text: str


@dataclass(frozen=True, slots=True)
class _Slide:
    """An entry of a list of slides, and the texts that are kept with it."""

    persist_id: int
    slide_id: int
    outline: list[_Text]


def parse_ppt(content: bytes, options: ParseOptions) -> ParsedDocument:
    """A presentation of PowerPoint. Raises `DocumentCorrupt`, `DocumentEncrypted`, `DocumentTooLarge`."""
    file = CompoundFile(content, _MEDIA_TYPE, options)
    stream, user = file.stream("PowerPoint Document"), file.stream("Current User")
    writer = TextWriter(options.limits)
    with damage_as_problem(_MEDIA_TYPE):
        token, edit_place = struct.unpack_from("<II", user, 12)
        if token == _ENCRYPTED:
            raise DocumentEncrypted(media_type=_MEDIA_TYPE)
        reader = _Reader(stream, edit_place)
        for slide in reader.slides:
            writer.begin_page()
            writer.leave_sections()
            _write_slide(writer, list(reader.iter_texts(slide)))
    metadata = file.metadata() | {"slides": len(reader.slides)}
    return writer.finish(str(metadata.get("title", "")) or writer.first_heading, metadata)


def _write_slide(writer: TextWriter, texts: list[_Text]) -> None:
    for text in texts:
        if text.kind in _TITLES:
            writer.heading(1, text.text)
    for text in texts:
        lines = [line.strip() for line in text.text.replace("\x0b", "\n").split("\r")]
        lines = [line for line in lines if line not in _COUNTED]
        if text.kind in _TITLES:
            continue
        kind = BlockKind.LIST_ITEM if text.kind in _BODIES and len(lines) > 1 else BlockKind.PARAGRAPH
        for line in lines:
            writer.block(kind, line)


class _Reader:
    def __init__(self, stream: bytes, edit_place: int) -> None:
        self._stream = stream
        self._places, document_id = _persist_directory(stream, edit_place)
        lists = [record for record in self._iter(self._at(document_id)) if record.kind == _SLIDE_LIST]
        self.slides = [slide for record in lists if record.instance == _SLIDES for slide in self._iter_slides(record)]
        self._notes = {
            slide.slide_id: slide
            for record in lists
            if record.instance == _NOTES
            for slide in self._iter_slides(record)
        }

    def iter_texts(self, slide: _Slide) -> Iterator[_Text]:
        """The texts of a slide in the order of its boxes, then those of its notes."""
        referred: set[int] = set()
        record = self._at(slide.persist_id)
        boxes = list(self._iter_boxes(record, slide.outline, referred))
        yield from (text for index, text in enumerate(slide.outline) if index not in referred)
        yield from boxes
        for atom in self._iter(record):
            if atom.kind == _SLIDE_ATOM:
                notes = self._notes.get(struct.unpack_from("<I", self._stream, atom.start + 16)[0])
                if notes is not None:
                    texts = [*notes.outline, *self._iter_boxes(self._at(notes.persist_id), notes.outline, set())]
                    yield from (text for text in dict.fromkeys(texts) if text.kind == _NOTES_TEXT)

    def _iter_boxes(self, record: _Record, outline: list[_Text], referred: set[int], depth: int = 0) -> Iterator[_Text]:
        if depth > _MAX_DEPTH:
            raise DocumentCorrupt(media_type=_MEDIA_TYPE)
        for child in self._iter(record):
            if child.kind == _TEXT_BOX:
                for atom in self._iter(child):
                    if atom.kind == _OUTLINE_REFERENCE:
                        index = struct.unpack_from("<I", self._stream, atom.start)[0]
                        if index < len(outline) and index not in referred:
                            referred.add(index)
                            yield outline[index]
                yield from self._iter_atoms(child)
            elif child.is_container:
                yield from self._iter_boxes(child, outline, referred, depth + 1)

    def _iter_slides(self, record: _Record) -> Iterator[_Slide]:
        current: _Slide | None = None
        kind = _OTHER
        for atom in self._iter(record):
            if atom.kind == _SLIDE_PERSIST:
                if current is not None:
                    yield current
                persist_id, slide_id = (
                    struct.unpack_from("<I", self._stream, atom.start + place)[0] for place in (0, 12)
                )
                current = _Slide(persist_id, slide_id, [])
            elif atom.kind == _TEXT_HEADER:
                kind = struct.unpack_from("<I", self._stream, atom.start)[0]
            elif current is not None and atom.kind in {_TEXT_CHARACTERS, _TEXT_BYTES}:
                current.outline.append(_Text(kind, self._decode(atom)))
        if current is not None:
            yield current

    def _iter_atoms(self, record: _Record) -> Iterator[_Text]:
        kind = _OTHER
        for atom in self._iter(record):
            if atom.kind == _TEXT_HEADER:
                kind = struct.unpack_from("<I", self._stream, atom.start)[0]
            elif atom.kind in {_TEXT_CHARACTERS, _TEXT_BYTES}:
                yield _Text(kind, self._decode(atom))

    def _decode(self, atom: _Record) -> str:
        content = self._stream[atom.start : atom.end]
        if atom.kind == _TEXT_BYTES:
            return content.decode("latin-1")  # The low bytes of UTF-16, whose high bytes are all zero.
        return content.decode("utf-16-le", "replace")

    def _at(self, persist_id: int) -> _Record:
        return _record_at(self._stream, self._places[persist_id])

    def _iter(self, record: _Record) -> Iterator[_Record]:
        position = record.start
        while position + 8 <= record.end:
            child = _record_at(self._stream, position)
            yield child
            position = child.end


def _record_at(stream: bytes, position: int) -> _Record:
    head, kind, size = struct.unpack_from("<HHI", stream, position)
    start = position + 8
    if start + size > len(stream):
        raise DocumentCorrupt(media_type=_MEDIA_TYPE)
    return _Record(kind, head >> 4, head & 0x0F == _CONTAINER, start, start + size)


def _persist_directory(stream: bytes, edit_place: int) -> tuple[Mapping[int, int], int]:
    """Where the objects of a file stand by their number, newest edit first, and the number of the document."""
    places: dict[int, int] = {}
    document_id = 0
    for _ in range(_MAX_EDITS):
        edit = _record_at(stream, edit_place)
        if edit.kind != _USER_EDIT:
            raise DocumentCorrupt(media_type=_MEDIA_TYPE)
        edit_place, directory_place, newest_id = struct.unpack_from("<III", stream, edit.start + 8)
        document_id = document_id or newest_id
        for number, place in _iter_directory(stream, directory_place):
            places.setdefault(number, place)
        if not edit_place:
            return places, document_id
    raise DocumentCorrupt(media_type=_MEDIA_TYPE)


def _iter_directory(stream: bytes, position: int) -> Iterator[tuple[int, int]]:
    directory = _record_at(stream, position)
    if directory.kind != _PERSIST_DIRECTORY:
        raise DocumentCorrupt(media_type=_MEDIA_TYPE)
    position = directory.start
    while position + 4 <= directory.end:
        head = struct.unpack_from("<I", stream, position)[0]
        first, count = head & 0xFFFFF, head >> 20
        for index, place in enumerate(struct.unpack_from(f"<{count}I", stream, position + 4)):
            yield first + index, place
        position += 4 + 4 * count
