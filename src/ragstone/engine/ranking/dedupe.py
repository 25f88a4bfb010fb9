"""Hits that say the same as a better one step aside for it, and are named beside it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ragstone.engine.ranking.hits import RankedHit

_SHINGLE_WORDS: Final = 3
_MIN_RESEMBLANCE: Final = 0.9
_Shingles: TypeAlias = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class DistinctHit:
    """A hit, and the chunks further down that were left out because they repeat it, best first."""

    hit: RankedHit
    duplicate_ids: tuple[str, ...] = ()


def dedupe(
    hits: Sequence[RankedHit],
    texts: Mapping[str, str],
    limit: int | None = None,
    min_resemblance: float = _MIN_RESEMBLANCE,
) -> tuple[DistinctHit, ...]:
    """The first `limit` hits, in their order, that are no near duplicates of better ones.

    `texts` holds the hits' texts by chunk id; hits below the last one kept are not looked at. Two texts are duplicates
    if their sets of three-word shingles, case and white space aside, resemble each other by `min_resemblance` (Jaccard;
    Broder, "On the resemblance and containment of documents", 1997). Texts with different numbers never are: two
    invoices may differ in nothing else.
    """
    originals = _Originals(min_resemblance)
    kept: list[tuple[RankedHit, list[str]]] = []
    for hit in hits:
        if len(kept) == limit:
            break
        number = originals.find_or_add(texts[hit.chunk_id])
        if number == len(kept):
            kept.append((hit, []))
        else:
            kept[number][1].append(hit.chunk_id)
    return tuple(DistinctHit(hit, tuple(duplicates)) for hit, duplicates in kept)


class _Originals:
    """Texts unlike each other, numbered as they come, by shingle: a text meets only those it shares one with."""

    def __init__(self, min_resemblance: float) -> None:
        self._min_resemblance = min_resemblance
        self._texts: list[tuple[list[str], _Shingles]] = []
        self._holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)

    def find_or_add(self, text: str) -> int:
        """The number of the first text this one repeats, or else its own."""
        words = text.casefold().split()
        shingles = _shingles(words)
        shared = Counter(number for shingle in shingles for number in self._holders.get(shingle, ()))
        for number, n_shared in sorted(shared.items()):
            other_words, others = self._texts[number]
            resemblance = n_shared / (len(shingles) + len(others) - n_shared)
            if resemblance >= self._min_resemblance and _numbers(words) == _numbers(other_words):
                return number
        for shingle in shingles:
            self._holders[shingle].append(len(self._texts))
        self._texts.append((words, shingles))
        return len(self._texts) - 1


def _shingles(words: Sequence[str]) -> _Shingles:
    """All runs of three words; a shorter text is one run."""
    if len(words) < _SHINGLE_WORDS:
        return frozenset({tuple(words)})
    return frozenset(zip(*(words[start:] for start in range(_SHINGLE_WORDS)), strict=False))


def _numbers(words: Sequence[str]) -> list[str]:
    return [word for word in words if any(map(str.isdigit, word))]
