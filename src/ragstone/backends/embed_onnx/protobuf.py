"""The part of the protocol buffers wire format that writing an ONNX model needs. It knows no message type.

Source: https://protobuf.dev/programming-guides/encoding/
"""

import struct
from typing import Final

_VARINT: Final = 0
_LENGTH_DELIMITED: Final = 2
_FIXED_32: Final = 5
_CONTINUED: Final = 0x80  # Seven bits stand in each byte; this one says that more follow.


def integer(field: int, value: int) -> bytes:
    """An `int32`, `int64` or enum field. A negative value is written in two's complement of 64 bits."""
    return _tag(field, _VARINT) + _varint(value % (1 << 64))


def real(field: int, value: float) -> bytes:
    """A `float` field."""
    return _tag(field, _FIXED_32) + struct.pack("<f", value)


def block(field: int, content: bytes | str) -> bytes:
    """A `bytes`, `string` or embedded message field."""
    raw = content.encode() if isinstance(content, str) else content
    return _tag(field, _LENGTH_DELIMITED) + _varint(len(raw)) + raw


def _tag(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= _CONTINUED:
        out.append(value % _CONTINUED | _CONTINUED)
        value >>= 7
    out.append(value)
    return bytes(out)
