"""Single compressed files (gzip, bzip2, xz): the document is what is in them, a tar archive most often."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from ragstone.engine.parsing.archives import parse_tar_stream
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions, Unpacked
from ragstone.engine.parsing.members import ParseMember, inside
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentHostile
from ragstone.engine.parsing.zip_guard import BROKEN_STREAM, max_unpacked_bytes

COMPRESSIONS: Final[Mapping[str, Callable[[io.BytesIO], Any]]] = MappingProxyType(
    {
        "application/gzip": lambda packed: gzip.GzipFile(fileobj=packed),
        "application/x-bzip2": bz2.BZ2File,
        "application/x-xz": lzma.LZMAFile,
    }
)
"""What unpacks a file of each media type."""

_TAR_MARK: Final = b"ustar"
_TAR_MARK_AT: Final = 257
_TAR_BLOCK: Final = 512
_BUFFER_BYTES: Final = 2**16


def parse_compressed(
    content: bytes, options: ParseOptions, parse_member: ParseMember, media_type: str
) -> ParsedDocument:
    """The document that was compressed, its type told by what comes out and by the name without its last suffix.

    Raises `DocumentCorrupt` for damaged bytes, `DocumentHostile` and `DocumentUnpacksTooLarge` for what unpacks too
    far, and what its parser raises.
    """
    unpacked = options.unpacked or Unpacked()
    options = replace(options, unpacked=unpacked)
    stream = io.BufferedReader(_Counted(content, media_type, options, unpacked), _BUFFER_BYTES)
    if stream.peek(_TAR_BLOCK).startswith(_TAR_MARK, _TAR_MARK_AT):
        return parse_tar_stream(stream, options, parse_member)
    name = PurePosixPath(options.filename).stem if options.filename else None
    return parse_member(stream.read(), replace(inside(options, media_type), filename=name))


class _Counted(io.RawIOBase):
    """What comes out of a compressed file, and never more than its limits allow."""

    def __init__(self, content: bytes, media_type: str, options: ParseOptions, unpacked: Unpacked) -> None:
        super().__init__()
        self._stream = COMPRESSIONS[media_type](io.BytesIO(content))
        self._media_type = media_type
        self._limits = options.limits
        self._unpacked = unpacked
        self._left = max_unpacked_bytes(len(content), options)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """The next bytes. Raises the problem of a file that is damaged or unpacks too far."""
        try:
            piece: bytes = self._stream.read(len(buffer))
        except BROKEN_STREAM as error:
            raise DocumentCorrupt(media_type=self._media_type) from error
        self._left -= len(piece)
        if self._left < 0:
            raise DocumentHostile(media_type=self._media_type, cause="ratio")
        self._unpacked.add(self._limits, n_bytes=len(piece))
        buffer[: len(piece)] = piece
        return len(piece)
