"""Where sentences begin and end, in English, Arabic and scripts that punctuate alike. It knows no grammar: where a full
stop may be an abbreviation's, it looks at the word on either side and at nothing else.
"""
# ruff: noqa: RUF001 -- Characters that look like Latin punctuation are what this module is about.

import re
from collections.abc import Iterator
from typing import Final

from ragstone.engine.language.abbreviations import BEFORE_NAMES, BEFORE_NUMBERS, SENTENCE_STARTERS, SHORTENED

_CLOSING: Final = r"\"'”’»)\]}*_\u200e\u200f\u202c\u2069"
_OPENING: Final = "\"'“‘«([{*_¿¡\u200e\u200f\u202a\u202b\u2066\u2067\u2068"
_STOP: Final = re.compile(
    rf"""
    (?<![.!?؟…۔।։።])[.!?؟…۔।։።]++         # A whole run of stops,
    [{_CLOSING}]*+(?:\[\d{{1,3}}\])*+     # what closes with it, note marks such as [1],
    (?=\s)                                # and then white space.
    | [。！？؟۔]++[{_CLOSING}」』）]*+      # Stops of scripts that put no space behind them.
    | (?<=[ء-ي]{{3}})\.(?=[ء-ي]{{2}})      # Arabic often has none behind a full stop.
    """,
    re.VERBOSE,
)
_LIST_ITEM: Final = re.compile(r"\s*+(?:[-*+•‣◦▪●–]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)])\s")
_TABLE_ROW: Final = re.compile(r"\s*+(?:\||.*?\S(?:\s\|\s|\t))")
_RULED_HEADING: Final = re.compile(r"\s*+(?:\#{1,6}\s|[=-]{3,}\s*$)")
_NUMBERED_HEADING: Final = re.compile(r"(?:\d{1,2}\.){1,5}\d{1,2}\.?\s+[^\W\d_]")
_STARTER: Final = re.compile(r"([A-Z][a-z]*)[\s,'’]")
_WORD: Final = re.compile(r"\w")
_HEADING_MAX_CHARS: Final = 60
_UNCASED_HEADING_FILL: Final = 0.6
_ROW_MAX_CHARS: Final = 400
_WORD_MAX_CHARS: Final = 24
_ABBREVIATION_MAX_CHARS: Final = 3


def sentences(text: str) -> list[tuple[int, int]]:
    """Half-open code-point ranges of the sentences, trimmed and in order; only white space is outside them.

    A blank line always ends a sentence. A single line break does so around headings and table rows and before list
    items; elsewhere it counts as a space. Takes time linear in the text.
    """
    found: list[tuple[int, int]] = []
    for block_start, block_end, is_whole in _blocks(text):
        start, end = _trim(text, block_start, block_end)
        stops = () if is_whole else _stops(text, start, end)
        for stop in (*stops, end):
            piece = _trim(text, start, stop)
            if found and found[-1][0] >= block_start and not _WORD.search(text, *piece):
                found[-1] = (found[-1][0], piece[1])
            elif piece[0] < piece[1]:
                found.append(piece)
            start = stop
    return found


def _blocks(text: str) -> Iterator[tuple[int, int, bool]]:
    """Runs of lines that no sentence crosses, and whether the run is one sentence whatever it holds, as a table row is,
    unless it is so long that it must be prose with a bar in it.
    """
    start = position = 0
    lines = text.splitlines(keepends=True)
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        is_item = _LIST_ITEM.match(line) is not None
        is_row = not is_item and _TABLE_ROW.match(line) is not None
        is_heading = not is_item and not is_row and _is_heading(line.strip(), following.strip())
        if is_item or is_row or is_heading:
            yield start, position, False
            start = position
        position += len(line)
        if is_row or is_heading or line.isspace():
            yield start, position, is_row and len(line) <= _ROW_MAX_CHARS
            start = position
    yield start, position, False


def _is_heading(line: str, following: str) -> bool:
    """Whether a line is marked or numbered as a title, or is short, capitalised and not filled up.

    A line is not filled up if the first word of the following one, itself capitalised, had room beside it. A script
    without capitals tells less, so there the line must be much shorter than the following one.
    """
    if _RULED_HEADING.match(line):
        return True
    if len(line) > _HEADING_MAX_CHARS or not line[-1:].isalnum():
        return False
    if _NUMBERED_HEADING.match(line):
        return True
    if not (_may_begin(line) and _may_begin(following)):
        return False
    width = len(line) + 1 + len(following.split(maxsplit=1)[0])
    return width <= len(following) * (1.0 if line[0].isupper() else _UNCASED_HEADING_FILL)


def _may_begin(line: str) -> bool:
    """Whether a line begins with a capital, or with a letter of a script that has none."""
    return line[:1].isalpha() and not line[0].islower()


def _stops(text: str, start: int, end: int) -> Iterator[int]:
    """Where sentences end inside a block, the block's own end left out."""
    for match in _STOP.finditer(text, start, end):
        if match.end() < end and _is_end(text, start, end, match):
            yield match.end()


def _is_end(text: str, start: int, end: int, match: re.Match[str]) -> bool:
    """Whether the stops found end a sentence of the block `text[start:end]`."""
    following = text[match.end() : min(end, match.end() + _WORD_MAX_CHARS)].lstrip().lstrip(_OPENING)
    stop = match.start()
    if not re.match(r"\.(?!\.)", match.group()):
        return not following[:1].islower()
    before = text[max(start, stop - _WORD_MAX_CHARS) : stop]
    if before and stop - len(before) == start and _LIST_ITEM.fullmatch(f"{before}. "):
        return False
    *earlier, word = before.split() or [""]
    return _ends_after(word.lstrip(_OPENING), earlier[-1] if earlier else "", following)


def _ends_after(word: str, previous: str, following: str) -> bool:
    """Whether a full stop between `word` and `following` ends a sentence; `previous` stands before `word`."""
    bare = word.replace(".", "").lower()
    if bare in BEFORE_NAMES or (bare in BEFORE_NUMBERS and following[:1].isdigit()):
        return False
    if bare in SHORTENED or _is_initials(word):
        starter = _STARTER.match(following)
        after_number = not word.isascii() and previous[-1:].isdigit()
        return after_number or (starter is not None and starter.group(1).lower() in SENTENCE_STARTERS)
    if following[:1].islower():
        return len(word) > _ABBREVIATION_MAX_CHARS and word.isalpha()
    return True


def _is_initials(word: str) -> bool:
    """`J`, `U.S`, `أ.د`: single letters with stops between them."""
    return all(len(part) == 1 and part.isalpha() for part in word.split("."))


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without white space at its ends."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, start + max(left, len(piece.rstrip()))
