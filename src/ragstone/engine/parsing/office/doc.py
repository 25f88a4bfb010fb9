"""DOC of Word 97 to 2003 (MS-DOC), and the text of Word 6 and 95."""

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.office.damage import damage_as_problem
from ragstone.engine.parsing.office.doc_paragraphs import ParagraphMark, read_marks
from ragstone.engine.parsing.office.marked_text import write_rows
from ragstone.engine.parsing.office.ole import CompoundFile
from ragstone.engine.parsing.plain import LIST_MARKER
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted
from ragstone.engine.parsing.table_rows import Slot
from ragstone.engine.parsing.text_writer import TextWriter

_MEDIA_TYPE: Final = "application/msword"
_WORD_97: Final = 0x00C1
_SIGNATURES: Final = frozenset({0xA5DC, 0xA5EC})
_ENCRYPTED: Final = 0x0100
_SECOND_TABLE: Final = 0x0200
_COMPRESSED: Final = 0x40000000
_FIELD: Final = re.compile("\x13[^\x13\x14\x15]*(?:\x14([^\x13\x14\x15]*))?\x15")
_SIGNS: Final = str.maketrans({"\x0b": "\n", "\x1e": "-", "\x1f": None, "\x13": None, "\x14": None, "\x15": None})
_PARAGRAPH_END: Final = re.compile("[\r\x07\x0c]")
_CELL: Final = "\x07"
# The stories of a file stand behind each other (FibRgLw97); comments and macros are not part of what is printed.
_STORIES: Final = ("text", "footnotes", "headers", "macros", "comments", "endnotes", "boxes", "header boxes")
_PRINTED: Final = ("text", "footnotes", "endnotes", "boxes")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters from `start` on stand at byte `offset` of the main stream, `width` bytes each."""

    start: int
    end: int
    offset: int
    width: int


def parse_doc(content: bytes, options: ParseOptions) -> ParsedDocument:
    """A document of Word, with headings, tables, notes, boxes, and its headers and footers once.

    Raises `DocumentCorrupt`, `DocumentEncrypted`, `DocumentTooLarge`.
    """
    file = CompoundFile(content, _MEDIA_TYPE, options)
    main = file.stream("WordDocument")
    writer = TextWriter(options.limits)
    with damage_as_problem(_MEDIA_TYPE):
        signature, version, flags = struct.unpack_from("<HH6xH", main, 0)
        if signature not in _SIGNATURES:
            raise DocumentCorrupt(media_type=_MEDIA_TYPE)
        if flags & _ENCRYPTED:
            raise DocumentEncrypted(media_type=_MEDIA_TYPE)
        if version < _WORD_97:
            start, end = struct.unpack_from("<II", main, 0x18)
            _write_story(writer, main[start:end].decode("cp1252", "replace"), [], [], 0)
        else:
            table = file.stream("1Table" if flags & _SECOND_TABLE else "0Table")
            _write_stories(writer, main, table)
    metadata = file.metadata()
    return writer.finish(str(metadata.get("title", "")) or writer.first_heading, metadata)


def _write_stories(writer: TextWriter, main: bytes, table: bytes) -> None:
    pieces = _read_pieces(main, table)
    text = "".join(_decode(main, piece) for piece in pieces)
    marks = read_marks(main, table)
    lengths = dict(zip(_STORIES, struct.unpack_from("<8I", main, 0x4C), strict=True))
    starts = {name: sum(list(lengths.values())[:index]) for index, name in enumerate(_STORIES)}
    for name in _PRINTED:
        if name != "text":
            writer.leave_sections()
        start = starts[name]
        _write_story(writer, text[start : start + lengths[name]], pieces, marks, start)
    margins = text[starts["headers"] : starts["headers"] + lengths["headers"]]
    for line in dict.fromkeys(_printed(part) for part in _PARAGRAPH_END.split(margins)):
        if any(map(str.isalpha, line)):
            writer.block(BlockKind.PARAGRAPH, line)


def _write_story(
    writer: TextWriter, text: str, pieces: Sequence[_Piece], marks: Sequence[ParagraphMark], first: int
) -> None:
    cells: list[str] = []
    lines: list[str] = []
    rows: list[list[Slot]] = []
    for start, end in _iter_paragraphs(text):
        mark = _mark_at(first + end - 1, pieces, marks)
        printed = _printed(text[start : end - 1])
        if mark.ends_row:
            rows.append([*cells])
            cells.clear()
        elif text[end - 1] == _CELL:
            cells.append("\n".join([*lines, printed]))
            lines.clear()
        elif mark.is_in_table:
            lines.append(printed)
        else:
            write_rows(writer, rows)
            _write_paragraph(writer, printed, mark)
    if cells or lines:  # The marks of their rows are lost, their text is not.
        rows.append([*cells, *lines])
    write_rows(writer, rows)


def _write_paragraph(writer: TextWriter, text: str, mark: ParagraphMark) -> None:
    if mark.level is not None:
        writer.heading(mark.level, text)
    else:
        is_item = mark.is_item or LIST_MARKER.match(text) is not None
        writer.block(BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH, text)


def _iter_paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """The range of every paragraph with its mark; the last may lack one, and is given the range of one more."""
    start = 0
    for match in _PARAGRAPH_END.finditer(text):
        yield start, match.end()
        start = match.end()
    if text[start:].strip():
        yield start, len(text)


def _printed(text: str) -> str:
    """What is printed of a text: of fields their result, of pictures nothing."""
    previous = None
    while previous != text:
        previous, text = text, _FIELD.sub(lambda match: match[1] or "", text)
    return text.translate(_SIGNS).strip()


def _mark_at(character: int, pieces: Sequence[_Piece], marks: Sequence[ParagraphMark]) -> ParagraphMark:
    index = bisect_right(pieces, character, key=lambda piece: piece.start) - 1
    if index < 0 or not marks:
        return ParagraphMark()
    piece = pieces[index]
    offset = piece.offset + (character - piece.start) * piece.width
    found = bisect_right(marks, offset, key=lambda mark: mark.start) - 1
    return marks[found] if found >= 0 and offset < marks[found].end else ParagraphMark()


def _read_pieces(main: bytes, table: bytes) -> list[_Piece]:
    """The piece table (MS-DOC, section 2.4.1): where in the main stream the characters stand."""
    position, size = struct.unpack_from("<II", main, 0x01A2)
    end = position + size
    while position < end and table[position] == 1:
        position += 3 + struct.unpack_from("<H", table, position + 1)[0]
    if table[position] != 2:  # noqa: PLR2004 - the kind of the one part that is asked for.
        raise DocumentCorrupt(media_type=_MEDIA_TYPE)
    n_pieces = (struct.unpack_from("<I", table, position + 1)[0] - 4) // 12
    position += 5
    starts = struct.unpack_from(f"<{n_pieces + 1}I", table, position)
    pieces = []
    for index in range(n_pieces):
        raw = struct.unpack_from("<I", table, position + 4 * (n_pieces + 1) + 8 * index + 2)[0]
        width = 1 if raw & _COMPRESSED else 2
        offset = (raw & ~_COMPRESSED) // (2 if width == 1 else 1)
        if not (
            starts[index] <= starts[index + 1] and offset + (starts[index + 1] - starts[index]) * width <= len(main)
        ):
            raise DocumentCorrupt(media_type=_MEDIA_TYPE)
        pieces.append(_Piece(starts[index], starts[index + 1], offset, width))
    return pieces


def _decode(main: bytes, piece: _Piece) -> str:
    raw = main[piece.offset : piece.offset + (piece.end - piece.start) * piece.width]
    if piece.width == 1:
        return raw.decode("cp1252", "replace")
    units = struct.unpack(f"<{len(raw) // 2}H", raw)
    return "".join(map(chr, units))
