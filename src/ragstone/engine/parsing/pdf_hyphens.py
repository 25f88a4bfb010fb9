"""Words that a PDF breaks at the end of a line, put together: nobody searches for half a word."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from ragstone.engine.parsing.pdf_layout import Page
from ragstone.engine.parsing.pdf_text import Line

_BROKEN: Final = re.compile(r"(\w*[^\W\d_]{2})[-\u2010]$")
_REST: Final = re.compile(r"([^\W\d_]{2,})(\S*)\s*")
_WORD: Final = re.compile(r"\w+(?:[-\u2010]\w+)*")
_MAX_LEADING: Final = 2.5  # Of the size: the rest of a word is on the very next line.


def join_broken_words(pages: Sequence[Page]) -> list[Page]:
    """The pages with every word whole on the line it begins on, where the next line begins in lower case.

    The hyphen goes, unless the document writes the word with it elsewhere, and never writes it without.
    """
    known = frozenset(_iter_words(pages))
    return [replace(page, lines=tuple(_joined(page.lines, known))) for page in pages]


def _iter_words(pages: Iterable[Page]) -> Iterator[str]:
    return (word.casefold() for page in pages for line in page.lines for word in _WORD.findall(line.text))


def _joined(lines: Iterable[Line], known: frozenset[str]) -> Iterator[Line]:
    before: Line | None = None
    for line in lines:
        if before is not None:
            before, line = _carried(before, line, known)  # noqa: PLW2901 -- The line without what belongs above.
            if before.text:
                yield before
        before = line
    if before is not None and before.text:
        yield before


def _carried(above: Line, line: Line, known: frozenset[str]) -> tuple[Line, Line]:
    broken, rest = _BROKEN.search(above.text), _REST.match(line.text)
    if not (broken and rest and rest[1].islower() and _follows(above, line)):
        return above, line
    head, hyphen = broken[1], above.text[-1]
    whole, parted = f"{head}{rest[1]}", f"{head}{hyphen}{rest[1]}"
    is_parted = parted.casefold() in known and whole.casefold() not in known
    text = f"{above.text[: broken.start()]}{parted if is_parted else whole}{rest[2]}"
    return replace(above, text=text), replace(line, text=line.text[rest.end() :])


def _follows(above: Line, line: Line) -> bool:
    if above.is_row or line.is_row:
        return False
    return not above.size or not line.size or 0 < above.baseline - line.baseline <= _MAX_LEADING * above.size
