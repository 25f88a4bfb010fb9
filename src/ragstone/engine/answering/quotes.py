"""Where a source says what a statement says. It finds ranges of the source's own text and never repairs either side."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from ragstone.engine.language.analyse import terms
from ragstone.engine.language.sentences import sentences

PARAPHRASE_COVERAGE: Final = 0.9
"""The least share of a statement's terms that one source sentence must hold to be quoted as its evidence."""

_PARAPHRASE_MIN_TERMS: Final = 3  # Fewer terms than this are found by chance in sentences that say something else.
_QUOTE_MIN_TERMS: Final = 3  # A shorter match is quoted with the sentence around it: a bare name proves nothing.
_SHORT_QUOTE_CHARS: Final = 4  # Quotation marks around a word or two name a thing; they quote nobody.

NOTE_MARK: Final = re.compile(r"\[(?=[\d\s,;،]{1,32}\])\s*(\d{1,3}(?:\s*[,;،]\s*\d{1,3})*)\s*\]")
"""A number or a list of them in brackets: a note mark in a source, a citation marker in an answer. Since the one looks
like the other, note marks are not part of any comparison, and answers should leave them out."""

_QUOTED: Final = re.compile(r"“([^“”]+)”|«([^«»]+)»|\"([^\"]+)\"")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_POINTS: Final = ".,\u066b\u066c"  # Arabic decimal and thousands separators too.
_NEGATION: Final = re.compile(
    r"\b(?:no|not|never|none|neither|nor|without|\w+n['\u2019]t)\b|\b(?:لا|لم|لن|ليس|ليست|غير|دون)\b", re.IGNORECASE
)
_ALIKE: Final = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b`\u00b4"), "'"),
    **dict.fromkeys(map(ord, "“”„«»"), '"'),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-"),
}


class Verified(StrEnum):
    """How a quote agrees with the answer that cites it. Either way the quote itself is a slice of the stored text.

    `EXACT`: the answer's words are the quote, character by character; or the answer says it in words of its own and
    the quote is the whole source sentence that holds them. `NORMALISED`: the answer's words are the quote up to white
    space, Unicode form, quotation marks, dashes, note marks, emphasis marks and, as a last resort, case.
    """

    EXACT = "exact"
    NORMALISED = "normalised"


@dataclass(frozen=True, slots=True)
class Quote:
    """`text[start_char:end_char]` of a source, and how it agrees with the statement it was found for."""

    start_char: int
    end_char: int
    verified: Verified


@dataclass(frozen=True)
class QuotableText:
    """A source's text, prepared for searching as far as it has been needed."""

    text: str

    def find_quote(self, statement: str) -> Quote | None:
        """The range that says what the statement says, or None.

        Tried in turn: the same characters; the same text after folding; the same but for case; the passages put in
        quotation marks; one sentence with nearly all of the statement's terms, all of its numbers and as many
        negations. The last is evidence, not proof: who did what to whom is beyond a comparison of words.
        """
        wanted = statement.strip()
        if not any(character.isalnum() for character in wanted):
            return None
        found = self.find_same(wanted)
        if found is not None:
            return self._widened(found, wanted)
        spoken = [next(filter(None, groups)) for groups in _QUOTED.findall(wanted)]
        quoted = [self.find_same(words.strip(" .,;:…")) for words in spoken if len(words) >= _SHORT_QUOTE_CHARS]
        if None in quoted:
            return None  # Words put into the source's mouth that it never said: nothing about this can be trusted.
        return self._find_paraphrased(wanted) or next(iter(quoted), None)

    def find_same(self, wanted: str) -> Quote | None:
        """The range with the same words as `wanted`, exact or normalised, or None."""
        start = _find_whole(self.text, wanted)
        if start is not None:
            return Quote(start, start + len(wanted), Verified.EXACT)
        return self._folded.find(wanted) or self._caseless.find(wanted)

    def _widened(self, found: Quote, wanted: str) -> Quote:
        if len(terms(wanted)) >= _QUOTE_MIN_TERMS:
            return found
        around = ((s, e) for s, e in self._sentences if s <= found.start_char and found.end_char <= e)
        start, end = next(around, (found.start_char, found.end_char))
        return Quote(start, end, found.verified)

    def _find_paraphrased(self, wanted: str) -> Quote | None:
        needed = set(terms(wanted))
        if len(needed) < _PARAPHRASE_MIN_TERMS:
            return None
        numbers, negations = set(_NUMBER.findall(wanted)), len(_NEGATION.findall(wanted))
        for (start, end), held in zip(self._sentences, self._sentence_terms, strict=True):
            if len(needed & held) < PARAPHRASE_COVERAGE * len(needed):
                continue
            sentence = self.text[start:end]
            if numbers <= set(_NUMBER.findall(sentence)) and negations == len(_NEGATION.findall(sentence)):
                return Quote(start, end, Verified.EXACT)
        return None

    @cached_property
    def _sentences(self) -> list[tuple[int, int]]:
        return sentences(self.text)

    @cached_property
    def _sentence_terms(self) -> list[set[str]]:
        return [set(terms(self.text[start:end])) for start, end in self._sentences]

    @cached_property
    def _folded(self) -> "_FoldedText":
        return _fold(self.text, is_caseless=False)

    @cached_property
    def _caseless(self) -> "_FoldedText":
        return _fold(self.text, is_caseless=True)


@dataclass(frozen=True, slots=True)
class _FoldedText:
    """A text without what `Verified.NORMALISED` forgives; `origins[i]` is where character `i` came from."""

    folded: str
    origins: list[int]
    is_caseless: bool

    def find(self, wanted: str) -> Quote | None:
        folded = _fold(wanted, is_caseless=self.is_caseless).folded.strip()
        start = _find_whole(self.folded, folded) if folded else None
        if start is None:
            return None
        last = self.origins[start + len(folded) - 1]
        return Quote(self.origins[start], last + 1, Verified.NORMALISED)


def _fold(text: str, *, is_caseless: bool) -> _FoldedText:
    skipped = {place for mark in NOTE_MARK.finditer(text) for place in range(*mark.span())}
    folded: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(text):
        if place in skipped:
            continue
        for piece in _fold_character(character, is_caseless=is_caseless):
            if piece == " " and folded and folded[-1] == " ":
                continue
            folded.append(piece)
            origins.append(place)
    return _FoldedText("".join(folded), origins, is_caseless)


def _fold_character(character: str, *, is_caseless: bool) -> str:
    """The characters one character is compared as: none for invisible ones, several for ligatures."""
    if character.isspace():
        return " "
    if character in "*\u0640" or unicodedata.category(character) == "Cf":
        return ""  # Emphasis in Markdown, the Arabic stretching stroke, soft hyphens and direction marks.
    decomposed = unicodedata.normalize("NFKD", character.translate(_ALIKE))
    return decomposed.casefold() if is_caseless else decomposed


def _find_whole(text: str, wanted: str) -> int | None:
    """Where `wanted` begins in `text`, no word or number of the text cut in two."""
    start = text.find(wanted)
    while start >= 0:
        if not (_is_inside_word(text, start) or _is_inside_word(text, start + len(wanted))):
            return start
        start = text.find(wanted, start + 1)
    return None


def _is_inside_word(text: str, place: int) -> bool:
    """Whether a cut before `text[place]` would divide a word, an accented letter or a number such as 5.3."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if after.isalnum():
        return before.isalnum() or (after.isdigit() and before in _POINTS and text[max(0, place - 2)].isdigit())
    is_number = before.isdigit() and after in _POINTS and text[place + 1 : place + 2].isdigit()
    return is_number or unicodedata.combining(after) > 0
