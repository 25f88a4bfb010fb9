"""Texts to dense vectors."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Final, Protocol

import numpy as np

from ragstone.kit.problem import Kind, Problem
from ragstone.ports.vectors import DenseMatrix, DenseVector

_NO_VECTORS: Final = np.empty((0, 0), np.float32)


class EmbedderUnavailable(Problem):
    """The embedding model did not answer: its weights are missing or damaged, or its server is down."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "embedder_unavailable"


class PassageRejected(Problem):
    """The embedding model will not take a passage, however often it is asked. Facts: `position` (from 0), `reason`.

    Raised by `embed_passages` it tells of all passages at once: `rejected` has the reason by position, the facts tell
    of the first, and `vectors` has a row for every passage, so that nothing already paid for is lost; the rows of the
    rejected ones are zero.
    """

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "passage_rejected"

    def __init__(self, rejected: Mapping[int, str], vectors: DenseMatrix = _NO_VECTORS) -> None:
        self.rejected = rejected
        self.vectors = vectors
        first = min(rejected)
        super().__init__(position=first, reason=rejected[first])


class EmbeddingModelMissing(Problem):
    """The model behind a collection's vectors is not among those the server is set up with."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "embedding_model_missing"


class EmbeddingModelUnknown(Problem):
    """The server is set up with no embedding model of that name."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "embedding_model_unknown"


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

    A piece the model has no entry for equals `unknown`. Special tokens are left out. The pieces of an estimate are not
    the model's own, and say nothing of what it knows.
    """

    offsets: Sequence[tuple[int, int]]
    pieces: Sequence[str]
    unknown: str
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class EmbedderUsage:
    """What a remote model was asked for: texts, the tokens its server says it read, requests, texts it had to cut.

    `seconds` are those its callers waited, added up.
    """

    n_texts: int = 0
    n_tokens: int = 0
    n_requests: int = 0
    n_shortened: int = 0
    seconds: float = 0.0

    def __add__(self, other: "EmbedderUsage") -> "EmbedderUsage":
        return EmbedderUsage(
            self.n_texts + other.n_texts,
            self.n_tokens + other.n_tokens,
            self.n_requests + other.n_requests,
            self.n_shortened + other.n_shortened,
            self.seconds + other.seconds,
        )


class Embedder(Protocol):
    """A model that maps texts to unit vectors. It may be called from many tasks at once."""

    @property
    def profile(self) -> EmbedderProfile:
        """What the model is. Reading it loads nothing.

        Raises `EmbedderUnavailable` while the size of a remote model's vectors is not known yet, as its server has
        never answered.
        """
        ...

    def tokenise(self, text: str) -> Tokens:
        """The whole text in tokens, never cut at `max_tokens`. Fast enough to be called on the event loop.

        Where the model's own tokenizer is not at hand, the pieces are an estimate of what it would make.
        """
        ...

    async def embed_query(self, text: str) -> DenseVector:
        """The vector of a question. It never waits behind passages.

        Raises `EmbedderUnavailable`, and `PassageRejected` if the model will not take the text.
        """
        ...

    async def embed_passages(self, texts: Sequence[str]) -> DenseMatrix:
        """The vectors of passages, in their order. Equal texts get equal vectors, whatever stands beside them.

        A text over `max_tokens` is read up to there. A text of mere white space may get the zero vector, which is near
        nothing. Raises `EmbedderUnavailable`, and `PassageRejected` once every other passage has its vector.
        """
        ...
