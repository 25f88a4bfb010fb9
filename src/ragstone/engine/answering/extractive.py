"""The offline answerer: the one to three sentences that answer a question, word for word, or none. Equal questions over
equal sources get equal answers, and no sentence of a source is ever obeyed: they are only counted and copied.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ragstone.engine.answering.evidence import Candidate, find_candidates
from ragstone.engine.answering.question import read_question
from ragstone.engine.answering.quotes import NOTE_MARK
from ragstone.engine.answering.weights import WORDS_ALONE, WORDS_AND_MEANING, Weights
from ragstone.ports.chat_model import Source

MAX_SENTENCES: Final = 3

_SHORTLIST: Final = 8
_COMPANION_DISTANCES: Final = (2.0, 1.2)
"""How far below the best score the second and the third sentence may lie and still be given: the nearer, the likelier
it is that they, not the best, hold the answer."""

_SAME_TERMS: Final = 0.8  # Sentences that share this part of their terms say the same.
_LEAD_LIMIT: Final = 4.0
_ARABIC: Final = re.compile(r"[\u0621-\u064a]")
_ARABIC_ALLOWANCE: Final = 0.3  # Arabic joins words and varies spellings: equal evidence counts fewer shared terms.
_SPACES: Final = re.compile(r"\s+")
_FULL_COVERAGE: Final = ("in_sentence", "in_title", "in_neighbours", "in_passage")


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The sentences worth a closer look, best first, as their words alone make them look."""

    question: str
    sources: tuple[Source, ...]
    candidates: tuple[Candidate, ...]

    def in_context(self) -> list[str]:
        """Each candidate under its title: the text whose similarity to the question says most."""
        chosen = ((self.sources[c.source_index], c) for c in self.candidates)
        return [f"{s.title.replace('_', ' ')}: {s.text[c.start_char : c.end_char]}" for s, c in chosen]


def shortlist(question: str, sources: Sequence[Source]) -> Shortlist:
    """The candidates for an answer."""
    found = find_candidates(read_question(question), sources)
    best = sorted(found, key=lambda candidate: -_score(candidate, WORDS_ALONE))[:_SHORTLIST]
    return Shortlist(question, tuple(sources), tuple(best))


def choose(
    listed: Shortlist, similarities: Sequence[float] | None = None, max_sentences: int = MAX_SENTENCES
) -> tuple[Candidate, ...]:
    """The sentences that answer, best first; none if the evidence is too weak.

    `similarities` are the cosines of the question with each text of `Shortlist.in_context`, from a model with the scale
    of all-MiniLM-L6-v2; without them words alone decide.
    """
    weights, candidates = WORDS_ALONE, listed.candidates
    if similarities is not None:
        weights = WORDS_AND_MEANING
        candidates = tuple(map(_with_similarity, candidates, similarities))
    ranked = sorted(candidates, key=lambda candidate: -_score(candidate, weights))
    if not ranked or _evidence(ranked, weights) < _enough(listed.question, weights):
        return ()
    return _with_companions(ranked, weights)[:max_sentences]


def write(chosen: Sequence[Candidate], sources: Sequence[Source]) -> Iterator[str]:
    """The answer piece by piece: each sentence as its source has it, then its marker.

    Runs of white space become one space, and note marks are left out, because they look like markers.
    """
    for place, candidate in enumerate(chosen):
        source = sources[candidate.source_index]
        quote = NOTE_MARK.sub("", source.text[candidate.start_char : candidate.end_char])
        yield (" " if place else "") + _SPACES.sub(" ", quote).strip()
        yield f" [{source.marker}]"


def _score(candidate: Candidate, weights: Weights) -> float:
    return _weigh(candidate.features, weights.sentence)


def _weigh(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return sum(weight * features.get(name, 0.0) for name, weight in weights.items())


def _with_similarity(candidate: Candidate, similarity: float) -> Candidate:
    return replace(candidate, features={**candidate.features, "similarity": similarity})


def _evidence(ranked: Sequence[Candidate], weights: Weights) -> float:
    best = ranked[0]
    top = _score(best, weights)
    rivals = (_score(other, weights) for other in ranked if other.source_index != best.source_index)
    features = {
        **best.features,
        "title_match": best.features["title_named"] * best.features["title_coverage"],
        "lead": min(_LEAD_LIMIT, top - next(rivals, top - _LEAD_LIMIT)),
        "best_passage": max(sum(c.features[layer] for layer in _FULL_COVERAGE) for c in ranked),
        "best_similarity": max(c.features.get("similarity", 0.0) for c in ranked),
    }
    return _weigh(features, weights.evidence)


def _enough(question: str, weights: Weights) -> float:
    return weights.enough - (_ARABIC_ALLOWANCE if _ARABIC.search(question) else 0.0)


def _with_companions(ranked: Sequence[Candidate], weights: Weights) -> tuple[Candidate, ...]:
    """The best sentence, and those after it that score nearly as high and say something else."""
    chosen = [ranked[0]]
    top = _score(ranked[0], weights)
    others = (c for c in ranked[1:])
    for distance in _COMPANION_DISTANCES:
        companion = next((c for c in others if not any(_is_same(c, taken) for taken in chosen)), None)
        if companion is None or top - _score(companion, weights) > distance:
            break
        chosen.append(companion)
    return tuple(chosen)


def _is_same(candidate: Candidate, other: Candidate) -> bool:
    shared = len(candidate.terms & other.terms)
    return shared >= _SAME_TERMS * max(1, min(len(candidate.terms), len(other.terms)))
