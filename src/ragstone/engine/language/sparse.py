"""Passages and questions to sparse vectors whose dot product is BM25, once the index has multiplied every term by its
inverse document frequency, ln(1 + (N - n + 0.5) / (n + 0.5)). It counts nothing across passages.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); fields after BM25F, there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from ragstone.engine.language.analyse import terms
from ragstone.ports.vectors import SparseVector


@dataclass(frozen=True, slots=True)
class Bm25Options:
    """How much repetition (`k1`) and length (`b`) count, against passages of `average_terms` terms.

    A term of the title, or of the headings, counts as if the passage had that many more of it. Changing an option asks
    for a new index: weights are made when a passage is written.
    """

    k1: float = 0.9
    b: float = 0.4
    average_terms: float = 50.0
    title_weight: float = 2.0
    heading_weight: float = 1.0


_DEFAULTS: Final = Bm25Options()


def passage_vector(
    text: str, title: str = "", headings: Sequence[str] = (), options: Bm25Options = _DEFAULTS
) -> SparseVector:
    """The document side of BM25: tf · (k1 + 1) / (tf + k1 · (1 - b + b · length / average)) for every term.

    The title's and the headings' terms are counted once each, and do not lengthen the passage.
    """
    counts = _counts(text)
    length = counts.total()
    norm = options.k1 * (1 - options.b + options.b * length / options.average_terms)
    frequencies: dict[int, float] = dict(counts)
    for number, weight in _field_weights(title, headings, options).items():
        frequencies[number] = frequencies.get(number, 0.0) + weight
    return _vector({number: tf * (options.k1 + 1) / (tf + norm) for number, tf in frequencies.items()})


def query_vector(text: str) -> SparseVector:
    """The question side of BM25: how often each term is asked for."""
    return _vector(_counts(text))


def _field_weights(title: str, headings: Sequence[str], options: Bm25Options) -> Mapping[int, float]:
    """A weight for each term of the fields; the title's, where a term is in both."""
    in_headings = dict.fromkeys(_counts("\n".join(headings)), options.heading_weight)
    return in_headings | dict.fromkeys(_counts(title), options.title_weight)


def _counts(text: str) -> Counter[int]:
    """How often each term occurs, by the term's number; terms that share a number are counted as one."""
    return Counter(crc32(term.encode()) for term in terms(text))


def _vector(weights: Mapping[int, float]) -> SparseVector:
    indices = tuple(sorted(weights))
    return SparseVector(indices, tuple(float(weights[number]) for number in indices))
