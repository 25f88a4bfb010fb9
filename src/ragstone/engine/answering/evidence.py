"""Every sentence of the sources as a candidate answer, described by numbers. It weighs nothing and decides nothing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Final, TypeAlias

from ragstone.engine.answering.offers import offers
from ragstone.engine.answering.question import Expected, Question, is_generic
from ragstone.engine.answering.rarity import rarity
from ragstone.engine.answering.relations import related
from ragstone.engine.language.analyse import terms
from ragstone.engine.language.sentences import sentences
from ragstone.ports.chat_model import Source

Features: TypeAlias = Mapping[str, float]

_RELATED_STRENGTH: Final = 0.7  # A related word is good evidence, not the same word.
_GENERIC_WEIGHT: Final = 0.4
_ADJACENT_TERMS: Final = 3  # Two question terms stand together if at most two other terms are between them.
_SHORT_TERMS: Final = 6  # Shorter sentences are mostly headings, captions and fragments.
_WORD_BREAKS: Final = re.compile("[_/]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """The sentence `sources[source_index].text[start_char:end_char]` and what speaks for and against it."""

    source_index: int
    start_char: int
    end_char: int
    terms: frozenset[str]
    features: Features


@dataclass(frozen=True, slots=True)
class _Held:
    """What a piece of text holds: its terms, and the groups of related words they belong to."""

    terms: frozenset[str]
    groups: frozenset[int]

    def strength(self, term: str) -> float:
        if term in self.terms:
            return 1.0
        return 0.0 if self.groups.isdisjoint(related(term)) else _RELATED_STRENGTH

    def __or__(self, other: "_Held") -> "_Held":
        return _Held(self.terms | other.terms, self.groups | other.groups)


_NOTHING: Final = _Held(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class _ReadSource:
    text: str
    context: _Held  # Title and headings: they are about every sentence of the passage.
    ranges: Sequence[tuple[int, int]]
    sentence_terms: Sequence[list[str]]
    held: Sequence[_Held]
    whole: _Held


def find_candidates(question: Question, sources: Sequence[Source]) -> tuple[Candidate, ...]:
    """All sentences of all sources, in order, described for this question."""
    read = [_read(source) for source in sources]
    weights = _weights(question, read)
    return tuple(
        _candidate(question, weights, source_index, source, place)
        for source_index, source in enumerate(read)
        for place in range(len(source.ranges))
    )


def _read(source: Source) -> _ReadSource:
    ranges = sentences(source.text)
    sentence_terms = [terms(source.text[start:end]) for start, end in ranges]
    held = [_held(found) for found in sentence_terms]
    context = _held(terms(_WORD_BREAKS.sub(" ", " ".join((source.title, *source.headings)))))
    whole = reduce(or_, held, context)
    return _ReadSource(source.text, context, ranges, sentence_terms, held, whole)


def _held(found: Iterable[str]) -> _Held:
    unique = frozenset(found)
    return _Held(unique, frozenset().union(*map(related, unique)))


def _weights(question: Question, read: Sequence[_ReadSource]) -> dict[str, float]:
    passages = [source.whole.terms for source in read]
    units = [held.terms for source in read for held in source.held]
    weights = rarity(question.content_terms, passages, units)
    return {term: weight * (_GENERIC_WEIGHT if is_generic(term) else 1.0) for term, weight in weights.items()}


def _candidate(
    question: Question, weights: Mapping[str, float], source_index: int, source: _ReadSource, place: int
) -> Candidate:
    start, end = source.ranges[place]
    found, held = source.sentence_terms[place], source.held[place]
    features = {
        **_coverage(weights, held, source, place),
        **_offer(question, source.text[start:end]),
        "adjacent_pairs": _adjacent_pairs(question.content_terms, found),
        "source_rank": 1 / (1 + source_index),
        "is_first_source": float(source_index == 0),
        "is_opening": float(place == 0),
        "is_short": float(len(found) < _SHORT_TERMS),
        "title_named": _share(source.context.terms, question.all_terms),
    }
    return Candidate(source_index, start, end, held.terms, features)


def _coverage(weights: Mapping[str, float], held: _Held, source: _ReadSource, place: int) -> Features:
    """How much of the question's weight is found in the sentence, and how much more in ever wider context."""
    around = (source.held[near] for near in (place - 1, place + 1) if 0 <= near < len(source.held))
    neighbours = reduce(or_, around, _NOTHING)
    layers = {"in_sentence": held, "in_title": source.context, "in_neighbours": neighbours, "in_passage": source.whole}
    total = sum(weights.values()) or 1.0
    gains = dict.fromkeys(layers, 0.0)
    largest_gap = title_total = n_supported = 0.0
    for term, weight in weights.items():
        best = 0.0
        for layer, text in layers.items():
            strength = text.strength(term)
            gains[layer] += weight / total * max(0.0, strength - best)
            best = max(best, strength)
        largest_gap = max(largest_gap, weight / total * (1 - best))
        title_total += weight / total * source.context.strength(term)
        n_supported += max(held.strength(term), source.context.strength(term)) > 0
    return {
        **gains,
        "largest_gap": largest_gap,
        "title_coverage": title_total,
        "share_of_terms": n_supported / max(1, len(weights)),
    }


def _offer(question: Question, sentence: str) -> Features:
    is_offered = question.expected is not Expected.ANYTHING and offers(sentence, question.expected, question.all_terms)
    return {f"offers_{question.expected}": float(is_offered)}


def _adjacent_pairs(wanted: Sequence[str], found: Sequence[str]) -> float:
    """The share of neighbouring question terms that stand together in the sentence too."""
    places: dict[str, list[int]] = {}
    for place, term in enumerate(found):
        places.setdefault(term, []).append(place)
    pairs = list(pairwise(wanted))
    together = sum(
        any(abs(i - j) <= _ADJACENT_TERMS for i in places.get(first, ()) for j in places.get(second, ()))
        for first, second in pairs
    )
    return together / max(1, len(pairs))


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    return len(part & whole) / max(1, len(part))
