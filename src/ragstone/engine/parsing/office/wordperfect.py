"""WordPerfect 5 and 6 (and later, which write the format of 6): the words between the functions of the document area.

Functions are told by their first byte: single bytes, runs of a fixed length, and runs that state their length
(WordPerfect 6 SDK, "File Format"). Notes, headers and boxes lie outside the document area and are not read.
"""

import struct
from collections.abc import Iterator
from typing import Final

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.office.damage import damage_as_problem
from ragstone.engine.parsing.office.marked_text import CELL_END, ROW_END, write_marked_text
from ragstone.engine.parsing.office.wordperfect_characters import SHORT_CODES, extended_character
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted, DocumentTypeUnsupported
from ragstone.engine.parsing.text_writer import TextWriter

_MEDIA_TYPE: Final = "application/vnd.wordperfect"
_SIGNATURE: Final = b"\xffWPC"
_DOCUMENT: Final = 10
_VERSION_5: Final = 0
_VERSION_6: Final = 2
_FIXED_5: Final = (4, 9, 11, 3, 3, 5, 6, 7, 4, 5, 6, 6, 8, 10, 10, 12)  # Lengths of functions 0xC0 to 0xCF.
_FIXED_6: Final = (4, 5, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 6, 8, 8)  # Lengths of functions 0xF0 to 0xFE.
_EXTENDED_5: Final = 0xC0
_EXTENDED_6: Final = 0xF0
_UNDO_6: Final = 0xF1
_LINE_ENDS_6: Final = 0xD0
_TAB_6: Final = 0xE0
_TAB_5: Final = 0xC1
_VARIABLE_5: Final = 0xD0
_RESERVED: Final = 0xFF
_ASCII: Final = range(0x20, 0x7F)
_SHORT_6: Final = range(1, 0x21)
_ENDS_6: Final = (
    dict.fromkeys(range(0x100), "\n")
    | dict.fromkeys([*range(0x04), *range(0x14, 0x17)], " ")
    | {0x0A: CELL_END}
    | dict.fromkeys(range(0x0B, 0x14), ROW_END)
)
_SINGLE_5: Final = (
    {0x0A: "\n", 0x0B: " ", 0x0C: "\n", 0x0D: " ", 0x8C: "\n", 0x99: "\n", 0xA0: "\u00a0"}
    | dict.fromkeys(range(0x90, 0x96), " ")
    | dict.fromkeys(range(0xA9, 0xAC), "-")
)
_SINGLE_6: Final = (
    {0x80: " ", 0x81: "\u00a0", 0x84: "-", 0x87: "\n", 0x89: "\n", 0xC6: CELL_END}
    | dict.fromkeys([*range(0xB4, 0xC6), *range(0xC7, 0xCD)], "\n")
    | dict.fromkeys(range(0xCD, 0xD0), " ")
)


def parse_wordperfect(content: bytes, options: ParseOptions) -> ParsedDocument:
    """A document of WordPerfect 5.0 to the newest.

    Raises `DocumentCorrupt`, `DocumentEncrypted` (its encryption cannot be opened), `DocumentTypeUnsupported` (drawings
    and other files of WordPerfect), `DocumentTooLarge`.
    """
    writer = TextWriter(options.limits)
    with damage_as_problem(_MEDIA_TYPE):
        start, _, kind, version, _, key = struct.unpack_from("<IBBBBH", content, len(_SIGNATURE))
        if not content.startswith(_SIGNATURE) or start > len(content):
            raise DocumentCorrupt(media_type=_MEDIA_TYPE)
        if kind != _DOCUMENT or version not in {_VERSION_5, _VERSION_6}:
            raise DocumentTypeUnsupported(media_type=_MEDIA_TYPE, filename=options.filename)
        if key:
            raise DocumentEncrypted(media_type=_MEDIA_TYPE)
        pieces = _iter_text_6(content, start) if version == _VERSION_6 else _iter_text_5(content, start)
        text = "".join(pieces)
    write_marked_text(writer, text)
    return writer.finish(writer.first_heading)


def _iter_text_5(content: bytes, start: int) -> Iterator[str]:
    position = start
    while position < len(content):
        code = content[position]
        if code in _ASCII:
            yield chr(code)
        elif code < _EXTENDED_5:
            yield _SINGLE_5.get(code, "")
        elif code < _VARIABLE_5:
            if code == _EXTENDED_5:
                yield extended_character(content[position + 2], content[position + 1])
            elif code == _TAB_5:
                yield "\t"
            position += _FIXED_5[code - _EXTENDED_5] - 1
        else:
            position += struct.unpack_from("<H", content, position + 2)[0] + 3
        position += 1


def _iter_text_6(content: bytes, start: int) -> Iterator[str]:
    position, is_undone = start, False
    while position < len(content):
        code = content[position]
        piece, length = "", 1
        if code in _SHORT_6:
            piece = SHORT_CODES[code - 1]
        elif code in _ASCII:
            piece = chr(code)
        elif code < _LINE_ENDS_6:
            piece = _SINGLE_6.get(code, "")
        elif code < _EXTENDED_6:
            piece = _variable_6(code, content[position + 1])
            length = max(4, struct.unpack_from("<H", content, position + 2)[0])
        elif code == _RESERVED:
            return
        else:
            length = _FIXED_6[code - _EXTENDED_6]
            if code == _EXTENDED_6:
                piece = extended_character(content[position + 2], content[position + 1])
            elif code == _UNDO_6:
                is_undone = {0: True, 1: False}.get(content[position + 1], is_undone)
        if piece and not is_undone:
            yield piece
        position += length


def _variable_6(code: int, subgroup: int) -> str:
    """What a function of stated length is printed as: ends of lines, cells and rows, and tabs."""
    if code == _TAB_6:
        return "\t"
    return _ENDS_6[subgroup] if code == _LINE_ENDS_6 else ""
