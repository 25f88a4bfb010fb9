"""RTF as Outlook compresses it (MS-OXRTFCP)."""

import struct
from collections.abc import Iterator
from typing import Final

_HEAD: Final = struct.Struct("<IIII")
_COMPRESSED: Final = 0x75465A4C
_PLAIN: Final = 0x414C454D
_WINDOW: Final = 4096
_MASK: Final = _WINDOW - 1
_MIN_RUN: Final = 2
_DICTIONARY: Final = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What every file may refer to from its start (section 2.1.3.1.4)."""


def unpack_rtf(packed: bytes) -> bytes:
    """The RTF file; what is cut off or damaged ends it. Raises `ValueError` for what is not compressed so."""
    if len(packed) < _HEAD.size:
        raise ValueError("no head")
    _, n_bytes, method, _ = _HEAD.unpack_from(packed)
    if method == _PLAIN:
        return packed[_HEAD.size : _HEAD.size + n_bytes]
    if method != _COMPRESSED:
        raise ValueError("an unknown method")
    window = bytearray(_DICTIONARY.ljust(_WINDOW, b"\0"))
    write_at = len(_DICTIONARY)
    found = bytearray()
    for token in _iter_tokens(packed[_HEAD.size :]):
        start, length = (token >> 4, (token & 0xF) + _MIN_RUN) if token >= 0 else (0, 1)
        if token >= 0 and start == write_at & _MASK:
            break
        for offset in range(length):  # A run may go on into what it has just written.
            byte = window[(start + offset) & _MASK] if token >= 0 else ~token
            window[write_at & _MASK] = byte
            write_at += 1
            found.append(byte)
    return bytes(found[:n_bytes])


def _iter_tokens(packed: bytes) -> Iterator[int]:
    """References into the window as they are, and bytes for themselves as their complement, which is negative."""
    position = 0
    while position < len(packed):
        control, position = packed[position], position + 1
        for bit in range(8):
            n_bytes = 2 if control >> bit & 1 else 1
            token = packed[position : position + n_bytes]
            if len(token) < n_bytes:
                return
            yield int.from_bytes(token) if n_bytes > 1 else ~token[0]
            position += n_bytes
