"""Texts to dense vectors."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Protocol

from ragstone.kit.problem import Kind, Problem
from ragstone.ports.vectors import DenseMatrix, DenseVector


class EmbedderUnavailable(Problem):
    """The embedding model did not answer: its weights are missing or damaged, or its server is down."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "embedder_unavailable"


@dataclass(frozen=True, slots=True)
class EmbedderProfile:
    """Everything that decides what a text's vector is. Two profiles that differ must never share an index space."""

    provider: str
    model: str
    revision: str
    dimensions: int
    max_tokens: int
    query_prefix: str = ""
    passage_prefix: str = ""
    normalised: bool = True

    @property
    def generation(self) -> str:
        """A short name for this profile: equal profiles, equal names."""
        facts = "\x1f".join(f"{name}={value}" for name, value in sorted(asdict(self).items()))
        return f"gen_{hashlib.sha256(facts.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as the model reads it: `offsets[i]` is the half-open code-point range of `pieces[i]`.

    A piece the model has no entry for equals `unknown`. Special tokens are left out.
    """

    offsets: Sequence[tuple[int, int]]
    pieces: Sequence[str]
    unknown: str


class Embedder(Protocol):
    """A model that maps texts to unit vectors. It may be called from many tasks at once."""

    @property
    def profile(self) -> EmbedderProfile:
        """What the model is. Reading it loads nothing."""
        ...

    def tokenise(self, text: str) -> Tokens:
        """The whole text in tokens, never cut at `max_tokens`. Fast enough to be called on the event loop."""
        ...

    async def embed_query(self, text: str) -> DenseVector:
        """The vector of a question. It never waits behind passages."""
        ...

    async def embed_passages(self, texts: Sequence[str]) -> DenseMatrix:
        """The vectors of passages, in their order. Equal texts get equal vectors, whatever stands beside them.

        A text over `max_tokens` is read up to there. Raises `EmbedderUnavailable`.
        """
        ...
