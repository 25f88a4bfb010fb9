"""How far an answer is borne out by what it cites, sentence by sentence: a count of shared words, not a proof."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ragstone.engine.answering.citations import MARKER, ResolvedAnswer
from ragstone.engine.answering.rarity import idf
from ragstone.engine.language.analyse import terms
from ragstone.engine.language.sentences import sentences
from ragstone.ports.chat_model import Source


@dataclass(frozen=True, slots=True)
class SentenceSupport:
    """How much of the answer's sentence `[start_char:end_char]` its citations hold: 0 nothing, 1 every term."""

    start_char: int
    end_char: int
    support: float


@dataclass(frozen=True, slots=True)
class Grounding:
    """The support of each sentence, and of the whole: their mean, weighted by the terms each has."""

    score: float
    sentences: tuple[SentenceSupport, ...]


def ground(answer: ResolvedAnswer, sources: Sequence[Source]) -> Grounding:
    """Grade an answer by the quotes behind it.

    The support of a sentence is the share of its terms, weighted by inverse document frequency over the sources'
    sentences, that stand in the quotes cited for it. A verbatim quote has 1.0, a sentence without citation 0.0.
    """
    units = [set(terms(source.text[start:end])) for source in sources for start, end in sentences(source.text)]
    graded = [(_grade(answer, sources, start, end, units), start, end) for start, end in _sentences(answer.text)]
    supports = tuple(SentenceSupport(start, end, support) for (support, _), start, end in graded)
    n_terms = sum(count for (_, count), _, _ in graded)
    score = sum(support * count for (support, count), _, _ in graded) / n_terms if n_terms else 0.0
    return Grounding(score, supports)


def _sentences(text: str) -> list[tuple[int, int]]:
    """The sentences between markers; a marker belongs to no sentence."""
    edges = [0, *(edge for match in MARKER.finditer(text) for edge in match.span()), len(text)]
    parts = zip(edges[::2], edges[1::2], strict=True)
    found = ((base + start, base + end) for base, stop in parts for start, end in sentences(text[base:stop]))
    return [(start, end) for start, end in found if any(map(str.isalnum, text[start:end]))]


def _grade(
    answer: ResolvedAnswer, sources: Sequence[Source], start: int, end: int, units: Sequence[set[str]]
) -> tuple[float, int]:
    """The support of one sentence and the number of its terms."""
    said = set(terms(answer.text[start:end]))
    held = set(terms(" ".join(_quotes(answer, sources, start, end))))
    weights = {term: idf(term, units) for term in said}
    # Sets have no fixed order, and a plain sum depends on it: a full share could come out above 1.
    total = math.fsum(weights.values())
    return (math.fsum(weights[term] for term in said & held) / total if total else 0.0), len(said)


def _quotes(answer: ResolvedAnswer, sources: Sequence[Source], start: int, end: int) -> list[str]:
    spans = [span for span in answer.answer_spans if span.start_char < end and start < span.end_char]
    cited = {marker for span in spans for marker in span.markers}
    texts = {source.marker: source.text for source in sources if source.marker in cited}
    return [texts[c.marker][c.start_char : c.end_char] for c in answer.citations if c.marker in texts]
