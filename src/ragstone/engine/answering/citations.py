"""Markers in an answer to ranges of the sources they name. A model may invent quotes, markers and documents: a marker
stays only if its source says what stands before it. It judges words, never truth.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ragstone.engine.answering.quotes import NOTE_MARK, QuotableText, Quote, Verified
from ragstone.engine.language.sentences import sentences
from ragstone.ports.chat_model import Source

MARKER: Final = re.compile(rf"(?<!\s)(\s*+){NOTE_MARK.pattern}")
"""One marker or a list of them, `[2]` or `[1, 2]`, with the white space before it."""

_OPEN_MARKER: Final = re.compile(r"\[[\d\s,;،]{0,32}")
_NUMBER: Final = re.compile(r"\d+")
_BEFORE_STATEMENT: Final = " \t\r\n.,:;!?،؛؟-\u2013\u2014•*>#)"  # With en and em dash.


@dataclass(frozen=True, slots=True)
class Citation:
    """Source `marker` supports the answer with `text[start_char:end_char]` of its text, in code points."""

    marker: int
    start_char: int
    end_char: int
    verified: Verified


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """The part `[start_char:end_char]` of the answer, in code points, that the named sources support."""

    start_char: int
    end_char: int
    markers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ResolvedAnswer:
    """An answer whose every marker is a citation. `n_dropped` markers were not: unknown, unsupported or too many."""

    text: str
    citations: tuple[Citation, ...]
    answer_spans: tuple[AnswerSpan, ...]
    n_dropped: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What may be sent on: the next piece of the answer, and the citations that became certain with it."""

    text: str = ""
    citations: tuple[Citation, ...] = ()


def resolve(answer: str, sources: Sequence[Source], max_citations: int | None = None) -> ResolvedAnswer:
    """The answer with every marker checked against its source, as `CitationReader` does it."""
    reader = CitationReader(sources, max_citations)
    reader.feed(answer)
    reader.finish()
    return reader.resolved


class CitationReader:
    """Reads an answer as it is written, however it is cut into pieces, and gives it on with verified markers only.

    Text is given on at once, except for what may be the beginning of a marker. The statement of a marker is the text
    since the last marker that stayed. Its sentences are looked for in the named source, the one nearest to the marker
    first, up to the first that is not there. A marker none of whose statement is found is taken out of the text.
    """

    def __init__(self, sources: Sequence[Source], max_citations: int | None = None) -> None:
        self._sources = {source.marker: QuotableText(source.text) for source in sources}
        self._max_citations = max_citations
        self._held = ""
        self._text = ""
        self._statement_start = self._statement_end = 0
        self._next_statement: int | None = None  # Where it will start, while nothing but markers follows the last one.
        self._citations: dict[Citation, None] = {}
        self._spans: dict[tuple[int, int], list[int]] = {}
        self._n_dropped = 0

    @property
    def resolved(self) -> ResolvedAnswer:
        """The answer so far."""
        spans = tuple(AnswerSpan(start, end, tuple(markers)) for (start, end), markers in sorted(self._spans.items()))
        return ResolvedAnswer(self._text, tuple(self._citations), spans, self._n_dropped)

    def feed(self, delta: str) -> Progress:
        """Read the next piece of the answer; half a marker waits for the piece that completes it."""
        n_known, n_cited = len(self._text), len(self._citations)
        rest = self._held + delta
        while match := MARKER.search(rest):
            before, rest = rest[: match.start()], rest[match.end() :]
            safe = _safe_length(before)
            self._emit(before[:safe])
            kept = self._supported_markers(match)
            if kept:
                self._emit(before[safe:])
                self._text += match[1] + "".join(f"[{marker}]" for marker in kept)
                self._next_statement = len(self._text)
            else:
                rest = before[safe:] + rest  # What stood around the marker may be one too: "[1[2]]".
        safe = _safe_length(rest)
        self._emit(rest[:safe])
        self._held = rest[safe:]
        return Progress(self._text[n_known:], tuple(self._citations)[n_cited:])

    def finish(self) -> Progress:
        """The answer is complete. A marker that was never closed is dropped."""
        rest, self._held = self._held, ""
        if _NUMBER.search(rest):
            self._n_dropped += 1
            return Progress()
        self._emit(rest)
        return Progress(rest)

    def _emit(self, text: str) -> None:
        self._text += text
        if self._next_statement is not None and any(map(str.isalnum, text)):
            self._statement_start, self._next_statement = self._next_statement, None
        if self._next_statement is None:
            self._statement_end = len(self._text)

    def _supported_markers(self, match: re.Match[str]) -> list[int]:
        markers = [int(number) for number in _NUMBER.findall(match[2])]
        kept = [marker for marker in dict.fromkeys(markers) if self._is_supported(marker)]
        self._n_dropped += len(markers) - len(kept)
        return kept

    def _is_supported(self, marker: int) -> bool:
        source = self._sources.get(marker)
        if source is None:
            return False
        found = False
        statement = (self._statement_start, self._statement_end)
        for (start, end), quote in _supported_parts(self._text, statement, source):
            citation = Citation(marker, quote.start_char, quote.end_char, quote.verified)
            if citation not in self._citations and len(self._citations) == self._max_citations:
                break
            self._citations.setdefault(citation)
            self._add_span(start, end, marker)
            found = True
        return found

    def _add_span(self, start: int, end: int, marker: int) -> None:
        markers = self._spans.setdefault((start, end), [])
        if marker not in markers:
            markers.append(marker)


def _safe_length(text: str) -> int:
    """How much of the text can be given on: all but trailing white space and what may become markers."""
    end = len(text)
    while (bracket := text.rfind("[", 0, end)) >= 0 and _OPEN_MARKER.fullmatch(text, bracket, end):
        end = bracket
    return len(text[:end].rstrip())


def _supported_parts(
    text: str, statement: tuple[int, int], source: QuotableText
) -> list[tuple[tuple[int, int], Quote]]:
    """The parts of the statement that the source says, in order, each with the source's words for it."""
    start, end = _trimmed(text, *statement)
    ranges = [(start + first, start + last) for first, last in sentences(text[start:end])]
    if len(ranges) > 1:
        whole = source.find_same(text[start:end])
        if whole is not None:
            return [((start, end), whole)]
    found = []
    for place in reversed(ranges):
        first, last = _trimmed(text, *place)
        quote = source.find_quote(text[first:last])
        if quote is None:
            break
        found.append(((first, last), quote))
    return found[::-1]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without white space, list signs and the punctuation left over from what a marker stood in."""
    part = text[start:end]
    return start + len(part) - len(part.lstrip(_BEFORE_STATEMENT)), start + len(part.rstrip())
