"""The pieces chunks are packed from: whole blocks, and where these do not fit, their sentences, words and fragments.

Every block is tokenised once, and its parts are counted from the offsets of its tokens. Only a single word that has
more tokens than a chunk may hold is tokenised again, part by part: inside a word, tokens depend on where it is cut.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from math import ceil
from typing import Final, TypeAlias

from ragstone.engine.chunking.graphemes import is_boundary, nearest_boundary
from ragstone.engine.language.sentences import sentences
from ragstone.engine.parsing.canonical import trim
from ragstone.engine.parsing.document import Block, BlockKind

TokenOffsets: TypeAlias = Callable[[str], Sequence[tuple[int, int]]]
"""A tokenizer: the half-open code-point ranges of a text's tokens, in order."""

TOKEN_MAX_CHARS: Final = 32
"""A text is taken to have at least one token for each 32 characters.

A word-piece tokenizer makes one unknown token of an overlong word and none of invisible characters; without this rule
a megabyte of base64 would be one token, and so one chunk.
"""

_WORD: Final = re.compile(r"\S+")
_LINE: Final = re.compile(r"\S.*")


class Grain(IntEnum):
    """How fine a unit is."""

    BLOCK = 0
    SENTENCE = 1
    WORD = 2
    FRAGMENT = 3


@dataclass(frozen=True, slots=True)
class BlockTokens:
    """Where the tokens of one block start and end, as offsets into the whole text."""

    starts: "array[int]"
    ends: "array[int]"

    def count(self, start: int, end: int) -> int:
        """How many tokens reach into `text[start:end]`."""
        return bisect_left(self.starts, end) - bisect_right(self.ends, start)


@dataclass(frozen=True, slots=True)
class Unit:
    """`text[start:end]`, without white space at its ends: a block or a part of one; `until` is where the next begins.

    `n_tokens` counts whatever the tokenizer makes of the white space up to there too, so that a run of units never has
    more tokens than the sum of theirs.
    """

    block: Block
    grain: Grain
    start: int
    end: int
    until: int
    n_tokens: int
    tokens: BlockTokens

    @property
    def is_heading(self) -> bool:
        """Whether it is a heading or a part of one."""
        return self.block.kind is BlockKind.HEADING


class Divider:
    """One text with the tokenizer that counts it: makes units of blocks, and finer units of units."""

    def __init__(self, text: str, max_tokens: int, token_offsets: TokenOffsets) -> None:
        self.text: Final = text
        self._max_tokens = max_tokens
        self._token_offsets = token_offsets

    def blocks(self, blocks: Iterable[Block]) -> Iterator[Unit]:
        """Each block as a unit, those of mere white space left out."""
        trimmed = ((block, *trim(self.text, block.start_char, block.end_char)) for block in blocks)
        filled = [(block, start, end) for block, start, end in trimmed if start < end]
        bounds = [*(start for _, start, _ in filled), len(self.text)]
        for (block, start, end), until in zip(filled, bounds[1:], strict=True):
            tokens = self._tokenise(start, until)
            n_tokens = max(len(tokens.starts), _fewest_tokens(start, end))
            yield Unit(block, Grain.BLOCK, start, end, until, n_tokens, tokens)

    def sentences(self, unit: Unit) -> list[Unit]:
        """The sentences of a block, the lines of a block of code; any finer unit as it is."""
        if unit.grain is not Grain.BLOCK:
            return [unit]
        piece = self.text[unit.start : unit.end]
        starts = (
            _starts(_LINE, piece) if unit.block.kind is BlockKind.CODE else [start for start, _ in sentences(piece)]
        )
        return self._parts(unit, Grain.SENTENCE, starts)

    def words(self, unit: Unit) -> list[Unit]:
        """The words of a unit, those with more tokens than a chunk may hold in fragments."""
        words = self._parts(unit, Grain.WORD, _starts(_WORD, self.text[unit.start : unit.end]))
        return [part for word in words for part in self._fitting(word)]

    def _fitting(self, word: Unit) -> Iterable[Unit]:
        return [word] if word.n_tokens <= self._max_tokens else self._fragments(word)

    def finer(self, unit: Unit) -> list[Unit]:
        """The unit in parts of the next finer grain that makes more than one; alone, where none does."""
        if len(parts := self.sentences(unit)) > 1:
            return parts
        if unit.grain < Grain.WORD:
            parts = self._parts(unit, Grain.WORD, _starts(_WORD, self.text[unit.start : unit.end]))
        return parts if len(parts) > 1 else list(self._fragments(unit))

    def _parts(self, unit: Unit, grain: Grain, starts: Iterable[int]) -> list[Unit]:
        """The unit cut at the given offsets into it, those left out that would break a grapheme cluster."""
        cuts = [unit.start + start for start in starts if start and is_boundary(self.text, unit.start + start)]
        return [self._part(unit, grain, start, until) for start, until in pairwise([unit.start, *cuts, unit.until])]

    def _part(self, unit: Unit, grain: Grain, start: int, until: int) -> Unit:
        _, end = trim(self.text, start, until)
        n_tokens = max(unit.tokens.count(start, until), _fewest_tokens(start, end))
        return Unit(unit.block, grain, start, end, until, n_tokens, unit.tokens)

    def _fragments(self, unit: Unit) -> Iterator[Unit]:
        """A word in halves of halves, until each has few enough tokens or is a single grapheme cluster."""
        middle = nearest_boundary(self.text, (unit.start + unit.end) // 2, unit.start, unit.end)
        if middle is None:
            yield unit
            return
        for start, end, until in ((unit.start, middle, middle), (middle, unit.end, unit.until)):
            n_tokens = _fewest_tokens(start, end)
            if n_tokens <= self._max_tokens:
                n_tokens = max(n_tokens, len(self._token_offsets(self.text[start:until])))
            half = Unit(unit.block, Grain.FRAGMENT, start, end, until, n_tokens, unit.tokens)
            yield from [half] if n_tokens <= self._max_tokens else self._fragments(half)

    def _tokenise(self, start: int, end: int) -> BlockTokens:
        offsets = self._token_offsets(self.text[start:end])
        return BlockTokens(
            starts=array("q", [start + token_start for token_start, _ in offsets]),
            ends=array("q", [start + token_end for _, token_end in offsets]),
        )


def _starts(pattern: re.Pattern[str], text: str) -> list[int]:
    return [match.start() for match in pattern.finditer(text)]


def _fewest_tokens(start: int, end: int) -> int:
    return ceil((end - start) / TOKEN_MAX_CHARS)
