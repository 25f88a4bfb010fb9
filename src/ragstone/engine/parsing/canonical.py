"""Canonical text: the one form in which a document's text is stored, sliced and quoted.

Normalising happens here, once, before any offset exists; nothing may change a text after its spans are made.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_NEWLINES: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNWANTED: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_BIDI_CONTROLS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def canonical_text(text: str) -> str:
    r"""`text` in NFC, every line ending as `\n`, without control characters, byte order marks and lone surrogates."""
    return unicodedata.normalize("NFC", _UNWANTED.sub("", _NEWLINES.sub("\n", text)))


def without_bidi_controls(text: str) -> str:
    """`text` without the invisible characters that steer its direction (Unicode Standard Annex 9, section 2)."""
    return _BIDI_CONTROLS.sub("", text)


def trim(text: str, start_char: int, end_char: int) -> tuple[int, int]:
    """The range without the white space at its ends; empty (start = end) if there is nothing else."""
    piece = text[start_char:end_char]
    n_leading = len(piece) - len(piece.lstrip())
    return start_char + n_leading, start_char + max(n_leading, len(piece.rstrip()))


def iter_lines(text: str) -> Iterator[tuple[int, int]]:
    """The range of every line, its newline left out."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield start, end
        start = end + 1
    yield start, len(text)
