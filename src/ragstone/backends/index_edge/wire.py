"""What client and index process say to each other: frames of a four-byte length and a msgpack body.

The process greets with its protocol number; a dying one, whose socket may still take connections, does not. A request
is `[id, deadline, op, space, *arguments]`, a reply `[id, status, value]`. Vectors travel as raw little-endian 32-bit
numbers. Nothing here knows the engine.
"""

import struct
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgpack  # type: ignore[import-untyped]  # Reason: it ships no types.

Message: TypeAlias = list[Any]
Lowered: TypeAlias = list[Any]
"""A filter over payload slots, ready to be sent; made by `fields.lower`."""

PROTOCOL: Final = 1
MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
_LENGTH: Final = struct.Struct(">I")


class Operation(StrEnum):
    """What a client may ask of the process."""

    UPSERT = "upsert"
    DELETE = "delete"
    SEARCH = "search"
    FACETS = "facets"
    COUNT = "count"
    SCAN = "scan"
    LIST_SPACES = "list_spaces"
    DROP = "drop"


class Status(StrEnum):
    """How a request ended; a failure's value is a mapping of facts."""

    DONE = "done"
    FAILED = "failed"


def pack(message: object) -> bytes:
    """The body of a frame. Characters without a UTF-8 form (lone surrogates) become escapes, always the same."""
    packed: bytes = msgpack.packb(message, unicode_errors="backslashreplace")
    return packed


def unpack(body: bytes | memoryview) -> Any:
    """The value `pack` was given, tuples as lists."""
    return msgpack.unpackb(body, strict_map_key=False)


def frame(body: bytes) -> bytes:
    """A body preceded by its length."""
    return _LENGTH.pack(len(body)) + body


class FrameReader:
    """Cuts a stream of bytes into bodies. A frame above `MAX_FRAME_BYTES` raises `ValueError`."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies completed by these bytes."""
        self._buffer += data
        begin = 0
        while (body := begin + _LENGTH.size) <= len(self._buffer):
            (size,) = _LENGTH.unpack_from(self._buffer, begin)
            if size > MAX_FRAME_BYTES:
                raise ValueError(f"a frame of {size} bytes is larger than {MAX_FRAME_BYTES}")
            if body + size > len(self._buffer):
                break
            yield bytes(memoryview(self._buffer)[body : body + size])
            begin = body + size
        del self._buffer[:begin]


def floats(raw: bytes) -> list[float]:
    """Raw 32-bit floats as Python numbers; every platform the engine runs on is little-endian."""
    return list(memoryview(raw).cast("f"))


def unsigned(raw: bytes) -> list[int]:
    """Raw 32-bit unsigned integers as Python numbers."""
    return list(memoryview(raw).cast("I"))
