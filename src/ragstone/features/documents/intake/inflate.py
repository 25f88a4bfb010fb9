"""Bodies that come packed: `Content-Encoding: gzip`."""

import zlib
from collections.abc import AsyncIterable, AsyncIterator
from typing import ClassVar, Final

from ragstone.features.documents.intake.records import Rejected, StreamUnreadable
from ragstone.kit.problem import Kind, Problem

_GZIP: Final = 31  # The value of `wbits` that asks zlib for gzip, with its header.
_PIECE_BYTES: Final = 256 * 1024
_PLAIN: Final = frozenset({"", "identity"})
_PACKED: Final = frozenset({"gzip", "x-gzip"})


class ContentEncodingUnsupported(Problem):
    """The body is packed in a way the server cannot unpack."""

    kind: ClassVar[Kind] = Kind.UNSUPPORTED
    code: ClassVar[str] = "content_encoding_unsupported"


def unpacked(body: AsyncIterable[bytes], encoding: str) -> AsyncIterable[bytes]:
    """The body as it was before it was packed. Raises `ContentEncodingUnsupported`."""
    if encoding.strip().lower() in _PLAIN:
        return body
    if encoding.strip().lower() in _PACKED:
        return _inflated(body)
    raise ContentEncodingUnsupported(encoding=encoding)


async def _inflated(body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Unpacked in pieces of bounded size, however well the body was packed. Several members are one body."""
    member = zlib.decompressobj(_GZIP)
    async for packed in body:
        waiting = packed
        while waiting:
            if member.eof:
                member = zlib.decompressobj(_GZIP)
            try:
                piece = member.decompress(waiting, _PIECE_BYTES)
            except zlib.error as error:
                raise StreamUnreadable(Rejected(0, "", f"not gzip: {error}")) from error
            waiting = member.unused_data if member.eof else member.unconsumed_tail
            if piece:
                yield piece
    if not member.eof:
        raise StreamUnreadable(Rejected(0, "", "the gzip stream breaks off"))
