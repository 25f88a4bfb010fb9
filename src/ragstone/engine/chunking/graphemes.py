"""Where a text may be cut so that no letter loses its accents and no emoji falls apart."""

import unicodedata
from typing import Final

_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_VIRAMA: Final = 9  # The combining class that joins two consonants into one conjunct.
_JOINER: Final = "\u200d"
_STREAM_SAFE: Final = 32  # A starter and 30 marks (UAX #15, Stream-Safe Text Format), and one to spare.
_LONGEST_FLAG_ROW: Final = 1000  # Bounds the work on hostile text; nobody writes 500 flags in a row.


def is_boundary(text: str, index: int) -> bool:
    """Whether no grapheme cluster of `text` reaches over `index`.

    Follows the rules GB1 to GB13 of UAX #29, on the safe side: where they need a property Python does not know, two
    clusters may be taken for one, never one for two.
    """
    if not 0 < index < len(text):
        return True
    before, after = text[index - 1], text[index]
    if before.isspace() or after.isspace():
        return (before, after) != ("\r", "\n")
    if _extends(after) or before == _JOINER or unicodedata.combining(before) == _VIRAMA or _is_prepended(before):
        return False
    return not (_is_regional(before) and _is_regional(after) and _regional_run(text, index) % 2)


def nearest_boundary(text: str, index: int, start: int, end: int) -> int | None:
    """The boundary strictly within `(start, end)` that is nearest to `index`, or None where there is none.

    A run of marks longer than the Stream-Safe Text Format allows is cut at `index`: no language writes one.
    """
    for distance in range(_STREAM_SAFE):
        for candidate in (index + distance, index - distance):
            if start < candidate < end and is_boundary(text, candidate):
                return candidate
    return index if end - start > 2 * _STREAM_SAFE else None


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in _MARKS
        or character in "\u200c\u200d\uff9e\uff9f"
        or "\u1160" <= character <= "\u11ff"  # Hangul vowels and finals that join the syllable before.
        or "\ud7b0" <= character <= "\ud7fb"
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # Skin tones.
        or "\U000e0020" <= character <= "\U000e007f"  # Tags, as in the flag of Wales.
    )


def _is_prepended(character: str) -> bool:
    """Signs written before the number they belong to, such as the Arabic year sign (Prepended_Concatenation_Mark)."""
    return "\u0600" <= character <= "\u0605" or character in "\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _regional_run(text: str, index: int) -> int:
    """How many regional indicators stand directly before `index`; each two of them are one flag."""
    start, first = index, max(0, index - _LONGEST_FLAG_ROW)
    while start > first and _is_regional(text[start - 1]):
        start -= 1
    return index - start
