"""One token to its terms, for each group of scripts."""
# ruff: noqa: RUF001 -- Signs of other scripts that look like Latin ones are meant.

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import Stemmer  # type: ignore[import-not-found]  # The package ships no types.

from ragstone.engine.language import arabic, stop_words
from ragstone.engine.language.scripts import MARKS

_NUMBER: Final = r"\d+(?:[.,٫٬]\d+)+(?!\w)"
_PART: Final = re.compile(rf"{_NUMBER}|(?:[^\W_]|[{MARKS}])+")
_CAMEL_HUMP: Final = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z])|(?<=[A-Z]{2})(?=[A-Z][a-z]{2})")
_CONTRACTION: Final = re.compile(r"['’](?:s|d|m|ll|re|ve)$", re.IGNORECASE)
_SYMBOLIC: Final = re.compile(r"[a-z](?:\+\+|#)", re.IGNORECASE)
_NUMBER_SIGNS: Final = str.maketrans({",": None, "٬": None, "٫": "."})
_ACCENTS: Final = re.compile("[\u00ad\u0300-\u036f\u0591-\u05c7]")
# Without its own cache a stemmer is one call into C that holds the interpreter's lock, so threads may share it.
_STEMMERS: Final = {"LATIN": Stemmer.Stemmer("english", 0), "CYRILLIC": Stemmer.Stemmer("russian", 0)}


class Reading(NamedTuple):
    """A term, and where in its token it was read."""

    term: str
    start: int
    end: int
    is_stop_word: bool = False


def read_word(token: str) -> Iterator[Reading]:
    """A word of a script that spaces its words, or several joined: `ERR_CONN_42` is itself and its three parts.

    The whole is spelt without what joins it, so that `IL-6` and `IL6`, `e-mail` and `email` are one term.
    """
    if _SYMBOLIC.fullmatch(token):
        yield Reading(token.lower(), 0, len(token))
        return
    end = len(token) - len(match.group()) if (match := _CONTRACTION.search(token)) else len(token)
    parts = [(start, stop, term) for start, stop in _parts(token, end) if (term := _fold(token[start:stop]))]
    whole = "".join(term for _, _, term in parts)
    is_stop_word = whole in stop_words.ENGLISH
    if len(parts) > 1:
        yield Reading(_stem(whole), 0, end, is_stop_word)
    for start, stop, term in parts:
        yield Reading(_stem(term), start, stop, is_stop_word or term in stop_words.ENGLISH)


def read_arabic(token: str) -> Iterator[Reading]:
    """A word in Arabic letters."""
    word = arabic.normalise(token)
    if word:
        is_stop_word = word in stop_words.ARABIC or word.removeprefix(arabic.CONJUNCTION) in stop_words.ARABIC
        yield Reading(arabic.stem(word), 0, len(token), is_stop_word)


def read_unspaced(token: str) -> Iterator[Reading]:
    """A run of a script without spaces as its overlapping pairs of characters; a single one is itself."""
    text = unicodedata.normalize("NFKC", token)
    is_aligned = len(text) == len(token)
    for start in range(max(1, len(text) - 1)):
        place = (start, min(start + 2, len(token))) if is_aligned else (0, len(token))
        yield Reading(text[start : start + 2], *place)


def _parts(token: str, end: int) -> Iterator[tuple[int, int]]:
    """The ranges of the words and numbers joined in `token[:end]`, divided also at the humps of CamelCase."""
    for match in _PART.finditer(token, 0, end):
        humps = (hump.start() for hump in _CAMEL_HUMP.finditer(token, *match.span()))
        yield from pairwise((match.start(), *humps, match.end()))


def _fold(part: str) -> str:
    """A part with one spelling for its cases, accents, widths and digits; a number without its thousands' signs."""
    if not part.isascii():
        decomposed = unicodedata.normalize("NFKD", part).casefold()
        part = unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))
        part = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in part)
    return part.lower().translate(_NUMBER_SIGNS)


def _stem(word: str) -> str:
    if not word.isalpha():
        return word
    stemmer = _STEMMERS.get(unicodedata.name(word[0], "").partition(" ")[0])
    return str(stemmer.stemWord(word)) if stemmer else word
