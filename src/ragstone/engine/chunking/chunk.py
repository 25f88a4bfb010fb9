"""What every chunker returns, and what it may be told."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ragstone.engine.spans import Span

Strategy: TypeAlias = Literal["structure", "fixed", "sentences", "rows"]
"""How a text is cut: along its structure, in windows of tokens or of sentences, or row by row."""

DEFAULT_WINDOW_SENTENCES: Final = 3
DEFAULT_ROWS_PER_CHUNK: Final = 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage that is searched and cited as one: a slice of the canonical text, with where it stands.

    `headings` is the path of its first block, ending with the heading the chunk itself opens with, if it does.
    """

    ordinal: int
    span: Span
    text: str
    headings: tuple[str, ...]
    page_start: int | None
    page_end: int | None
    n_tokens: int


@dataclass(frozen=True, slots=True)
class ChunkingOptions:
    """Sizes in the embedding model's tokens. Neighbouring chunks share up to `overlap_tokens`.

    `window_sentences` is for the strategy `sentences` and `rows_per_chunk` for `rows`; the others do not look at them.
    """

    max_tokens: int
    overlap_tokens: int
    strategy: Strategy = "structure"
    window_sentences: int = DEFAULT_WINDOW_SENTENCES
    rows_per_chunk: int = DEFAULT_ROWS_PER_CHUNK
