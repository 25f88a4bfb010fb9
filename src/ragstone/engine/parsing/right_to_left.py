"""Pages in Arabic, Hebrew and other right-to-left scripts, read from a PDF.

PDFium orders the words of a line by where they stand, but scrambles letters that a font joins; pypdf keeps the letters,
but leaves the words of some producers in visual order. So both read, and their words are compared.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Final

from ragstone.engine.parsing.canonical import canonical_text, iter_lines, without_bidi_controls

_LETTER: Final = re.compile(r"[^\W\d_]")
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_WORD: Final = re.compile("[\\w\u064b-\u065f\u0670]+")  # With the vowel signs, which are no letters to Python.
_MARK_BEFORE_NUMBER: Final = re.compile(
    r"(?:^|(?<=[\u0590-\u08ff] ))([.:!\u060c\u061b\u061f])(\d[\d.,/\u066b\u066c-]*)(?!\S)", re.MULTILINE
)
_LATIN_END: Final = re.compile(r"(?<=[A-Za-z]{2})(?=[\u0620-\u064a\u0671-\u06d3])")
_MIN_SHARE: Final = 0.05
_MIN_AGREEMENT: Final = 0.8
_SENTENCE_END: Final = re.compile("[.!?:\u061f\u06d4\u2026]\\s*$")  # Arabic and Urdu marks among them.
_SHORT_LINE: Final = 0.8  # Of the page's longest line.


def is_right_to_left(text: str) -> bool:
    """Whether more than one letter in twenty is of a right-to-left script or one of its presentation forms."""
    n_letters = len(_LETTER.findall(text))
    return len(_RIGHT_TO_LEFT.findall(text)) > _MIN_SHARE * n_letters


def normalise_right_to_left(text: str) -> str:
    """`text` with presentation forms as plain letters, by NFKC, and without direction controls."""
    return canonical_text(without_bidi_controls(unicodedata.normalize("NFKC", text)))


def mend_runs(text: str) -> str:
    """`text` with the ends of numbers and of Latin words put right, which run the other way than what is around them.

    A mark behind a number stands to its left on the page and is read before it; the space behind a Latin word is lost.
    """
    return _LATIN_END.sub(" ", _MARK_BEFORE_NUMBER.sub(r"\2\1", text))


def choose_reading(by_position: str, by_content: str) -> str:
    """PDFium's reading with its scrambled words put right from pypdf's, unless too many words are in one of them only.

    A word of PDFium's that pypdf does not know is replaced by pypdf's word of the same letters.
    """
    known = Counter(_WORD.findall(by_content))
    by_letters = {"".join(sorted(word)): word for word in known}
    repaired = _WORD.sub(
        lambda match: match[0] if match[0] in known else by_letters.get("".join(sorted(match[0])), match[0]),
        by_position,
    )
    words = Counter(_WORD.findall(repaired))
    return repaired if (words & known).total() >= _MIN_AGREEMENT * max(1, words.total()) else by_content or by_position


def iter_paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Ranges of lines that belong together. A paragraph ends at a blank line, or with a sentence on a short line."""
    longest = max(end - start for start, end in iter_lines(text))
    first: int | None = None
    last = 0
    for start, end in iter_lines(text):
        is_blank = not text[start:end].strip()
        if first is not None and is_blank:
            yield first, last
            first = None
        if is_blank:
            continue
        first, last = start if first is None else first, end
        if end - start < _SHORT_LINE * longest and _SENTENCE_END.search(text, max(start, end - 8), end):
            yield first, last
            first = None
    if first is not None:
        yield first, last
