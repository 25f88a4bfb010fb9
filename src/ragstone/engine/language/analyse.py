"""Text to the terms that the lexical leg counts. One analyser serves passages and questions, and it reads one word at a
time by that word's script: Arabic documents hold English words, and the reverse.
"""
# ruff: noqa: RUF001 -- Signs of other scripts that look like Latin ones are meant.

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ragstone.engine.language.scripts import ARABIC, MARKS, UNSPACED
from ragstone.engine.language.words import Reading, read_arabic, read_unspaced, read_word

_LETTER: Final = rf"(?:[^\W{ARABIC}{UNSPACED}]|[{MARKS}])"
_TOKEN: Final = re.compile(
    rf"""
    [{ARABIC}]{{1,64}}+
    | [{UNSPACED}]{{1,64}}+
    | (?<!\w)[a-zA-Z](?:\+\+|\#)(?!\w)                        # C++, C#
    | {_LETTER}{{1,64}}+                                      # A word or a number, or several of them joined.
      (?:(?:[.@/:+&'’‐‑-]|(?<=\d)[,٫٬](?=\d)){_LETTER}{{1,64}}+){{0,8}}+
    """,
    re.VERBOSE,
)
_ARABIC: Final = re.compile(f"[{ARABIC}]")
_UNSPACED: Final = re.compile(f"[{UNSPACED}]")
_REMEMBERED_TOKENS: Final = 1 << 14  # 7 MB when full; twice as many gain a tenth of the speed.


@dataclass(frozen=True, slots=True)
class Term:
    """A term and the half-open code-point range it was read from."""

    term: str
    start_char: int
    end_char: int


def terms(text: str) -> list[str]:
    """The terms of a text in order, repeats included.

    Stop words are left out unless there is nothing else: the title and the question "The Who" keep both words.
    """
    readings = [reading for token in _TOKEN.findall(text) for reading in _read(token)]
    return [reading.term for reading in readings if not reading.is_stop_word] or [reading.term for reading in readings]


def term_spans(text: str) -> list[Term]:
    """What `terms` returns, with where each stands. Ranges may overlap: `foo.bar` is one term, and two more."""
    found = [(reading, match.start()) for match in _TOKEN.finditer(text) for reading in _read(match.group())]
    kept = [item for item in found if not item[0].is_stop_word] or found
    return [Term(reading.term, at + reading.start, at + reading.end) for reading, at in kept]


@lru_cache(_REMEMBERED_TOKENS)
def _read(token: str) -> tuple[Reading, ...]:
    if _ARABIC.match(token):
        return tuple(read_arabic(token))
    if _UNSPACED.match(token):
        return tuple(read_unspaced(token))
    return tuple(read_word(token))
