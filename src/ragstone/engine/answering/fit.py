"""Which of the ranked passages a model is given as sources. It keeps their order and never rewrites a text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ragstone.engine.language.sentences import sentences
from ragstone.ports.chat_model import Source

SAME_PASSAGE_OVERLAP: Final = 0.5
"""Of two passages of one document that share more than this part of the shorter one, only the better is kept.

Neighbouring chunks share less: their overlap is a fraction of a chunk.
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """A ranked passage: `text` is `[start_char:end_char]` of the canonical text of one document version."""

    version_id: str
    start_char: int
    end_char: int
    title: str
    headings: tuple[str, ...]
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """A source, and which passage it was made of, by its place among those given to `fit`.

    The source's text begins where the passage's does, so offsets into one are offsets into the other.
    """

    source: Source
    passage_index: int


def fit(
    passages: Sequence[Passage], budget: int, max_sources: int, measure: Callable[[str], int] = len
) -> tuple[Fitted, ...]:
    """The sources for an answer, best first, their markers counted from 1.

    `budget` bounds the sum of `measure(text)` over all sources: characters, or tokens where a model's counter is
    given. A passage that no longer fits is passed over for shorter ones behind it. Only if the very first is too long
    is it cut, after the last sentence that fits.
    """
    fitted: list[Fitted] = []
    left = budget
    for index, passage in enumerate(passages):
        if len(fitted) == max_sources:
            break
        if any(_is_same(passage, passages[taken.passage_index]) for taken in fitted):
            continue
        text = passage.text if fitted else _beginning(passage.text, left, measure)
        cost = measure(text)
        if text and cost <= left:
            left -= cost
            source = Source(len(fitted) + 1, passage.title, passage.headings, text, passage.language)
            fitted.append(Fitted(source, index))
    return tuple(fitted)


def _is_same(passage: Passage, other: Passage) -> bool:
    if passage.version_id != other.version_id:
        return False
    shared = min(passage.end_char, other.end_char) - max(passage.start_char, other.start_char)
    shorter = min(passage.end_char - passage.start_char, other.end_char - other.start_char)
    return shared > SAME_PASSAGE_OVERLAP * shorter


def _beginning(text: str, budget: int, measure: Callable[[str], int]) -> str:
    """As many whole sentences from the start of the text as the budget holds."""
    if measure(text) <= budget:
        return text
    ends = [0, *(end for _, end in sentences(text))]
    fewest, most = 0, len(ends) - 1
    while fewest < most:
        middle = (fewest + most + 1) // 2
        fewest, most = (middle, most) if measure(text[: ends[middle]]) <= budget else (fewest, middle - 1)
    return text[: ends[fewest]]
