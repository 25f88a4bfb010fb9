"""Spans: half-open ranges of one document version's stored canonical text, in UTF-8 bytes and in code points."""

from dataclasses import dataclass
from typing import Final

import numpy as np

_LAST_OF_LENGTH: Final = (0x7F, 0x7FF, 0xFFFF)  # The last code points of one, two and three UTF-8 bytes (RFC 3629).


@dataclass(frozen=True, slots=True)
class Span:
    """`canonical_bytes[start_byte:end_byte]` is the UTF-8 form of `canonical_text[start_char:end_char]`."""

    start_byte: int
    end_byte: int
    start_char: int
    end_char: int


class SpanMap:
    """Turns code-point offsets of one text into spans, in constant time each."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._byte_at = None if text.isascii() else _byte_offsets(text)

    def span(self, start_char: int, end_char: int) -> Span:
        """The span of `text[start_char:end_char]`. Raises `ValueError` if that is not a range of the text."""
        if not 0 <= start_char <= end_char <= self._length:
            raise ValueError(f"[{start_char}, {end_char}) is not within a text of {self._length} characters")
        if self._byte_at is None:
            return Span(start_char, end_char, start_char, end_char)
        return Span(int(self._byte_at[start_char]), int(self._byte_at[end_char]), start_char, end_char)


def _byte_offsets(text: str) -> np.ndarray:
    """`offsets[i]` is the byte at which character `i` begins; one more entry gives the end. Shape `(len + 1,)`."""
    code_points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    lengths = sum(((code_points > last).astype(np.int64) for last in _LAST_OF_LENGTH), start=np.int64(1))
    return np.concatenate(([0], np.cumsum(lengths)))
