"""What every chunker returns, and what it may be told."""

from dataclasses import dataclass

from ragstone.engine.spans import Span


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
    """Sizes in the embedding model's tokens. Neighbouring chunks share up to `overlap_tokens`."""

    max_tokens: int
    overlap_tokens: int
