"""How good a ranking is, by judgements of relevance. A ranking is a sequence of ids without repeats, best first; a
judgement above 0 means relevant. Every function raises `ValueError` if nothing is: such a question measures nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np


def ndcg(ranking: Sequence[str], judgements: Mapping[str, float], k: int = 10) -> float:
    """Discounted cumulative gain of the first `k`, as a share of the best possible: 0 to 1.

    Järvelin and Kekäläinen (2002), with linear gain and a discount of log2(rank + 1).
    """
    relevant = _relevant(judgements)
    gains = [relevant.get(item, 0.0) for item in ranking[:k]]
    ideal = sorted(relevant.values(), reverse=True)[:k]
    return _discounted(gains) / _discounted(ideal)


def recall(ranking: Sequence[str], judgements: Mapping[str, float], k: int = 10) -> float:
    """The share of all relevant items that are among the first `k`."""
    relevant = _relevant(judgements)
    return len(relevant.keys() & set(ranking[:k])) / len(relevant)


def reciprocal_rank(ranking: Sequence[str], judgements: Mapping[str, float]) -> float:
    """One divided by the rank of the first relevant item; 0 if there is none. Its mean over questions is MRR."""
    relevant = _relevant(judgements)
    return next((1 / rank for rank, item in enumerate(ranking, start=1) if item in relevant), 0.0)


def precision_at_1(ranking: Sequence[str], judgements: Mapping[str, float]) -> float:
    """1 if the first item is relevant, else 0."""
    relevant = _relevant(judgements)
    return float(any(item in relevant for item in ranking[:1]))


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and the bounds it would stay within for the given share of samples of as many questions."""

    mean: float
    low: float
    high: float


def bootstrap(values: Sequence[float], seed: int, confidence: float = 0.95, n_samples: int = 1000) -> Interval:
    """The mean of per-question values with its percentile bootstrap interval (Efron 1979); same seed, same bounds.

    To compare two systems, pass the differences of their values. Raises `ValueError` without values.
    """
    if not values:
        raise ValueError("there are no values to average")
    sample = np.asarray(values, dtype=np.float64)
    random = np.random.default_rng(seed)
    means = [sample[random.integers(0, len(sample), len(sample))].mean() for _ in range(n_samples)]
    low, high = np.quantile(means, ((1 - confidence) / 2, (1 + confidence) / 2))
    return Interval(float(sample.mean()), float(low), float(high))


def _relevant(judgements: Mapping[str, float]) -> dict[str, float]:
    relevant = {item: gain for item, gain in judgements.items() if gain > 0}
    if not relevant:
        raise ValueError("nothing is judged relevant")
    return relevant


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))
