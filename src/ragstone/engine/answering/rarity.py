"""How much each term tells, judged by the sources at hand alone: no statistics of the corpus are needed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet


def idf(term: str, units: Sequence[AbstractSet[str]]) -> float:
    """Inverse document frequency of a term over units of text (Robertson and Spärck Jones, as in BM25), above zero."""
    holding = sum(term in unit for unit in units)
    return math.log(1 + (len(units) - holding + 0.5) / (holding + 0.5))


def rarity(
    words: Iterable[str], passages: Sequence[AbstractSet[str]], sentences: Sequence[AbstractSet[str]]
) -> Mapping[str, float]:
    """The weight of each term: its mean inverse document frequency over the passages and over their sentences.

    A term that no source holds weighs most, which is what makes an answer without it doubtful.
    """
    return {term: (idf(term, passages) + idf(term, sentences)) / 2 for term in words}
