"""The `Embedder` port on a server that speaks OpenAI's embeddings API."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import structlog

from ragstone.backends.embed_openai.client import PLAIN_TEXT, Client
from ragstone.backends.embed_openai.lane import Harvest, Lane
from ragstone.backends.embed_openai.options import Options
from ragstone.backends.embed_openai.problems import EmbedderSizeChanged, EmbedderSizeUnknown
from ragstone.backends.embed_openai.sizes import KnownSizes
from ragstone.backends.embed_openai.throttle import Throttle
from ragstone.backends.embed_openai.tokenise import estimate_tokens
from ragstone.kit.resilience.breaker import Breaker
from ragstone.kit.resilience.retry import RetryPolicy
from ragstone.ports.embedder import EmbedderProfile, EmbedderUnavailable, EmbedderUsage, PassageRejected, Tokens
from ragstone.ports.vectors import DenseMatrix, DenseVector

_SHARE_OF_PATIENCE: Final = 0.9
"""A silent server is given up a little before a question is, so that the silence counts as its failure."""

_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0
_log = structlog.get_logger(__name__)


class OpenAIEmbedder:
    """Embeds on a server; `folder` remembers the size of its vectors. `retries` is the patience with passages.

    Questions have connections and a patience of their own, and never wait behind passages. Vectors are normalised here,
    since not every server does.
    """

    def __init__(
        self,
        options: Options,
        folder: Path,
        *,
        breaker: Breaker | None = None,
        retries: RetryPolicy | None = None,
    ) -> None:
        self.breaker = breaker or Breaker("embedder")
        self._options = options
        self._sizes = KnownSizes(folder)
        self._dimensions = options.dimensions or options.known_dimensions or self._sizes.find(options.identity)
        self._usage = EmbedderUsage()
        throttle = Throttle(options)
        self._clients = [
            Client(options, self.breaker, throttle.limit, timeout_s)
            for timeout_s in (_SHARE_OF_PATIENCE * options.query_timeout_s, options.timeout_s)
        ]
        for_queries = RetryPolicy(attempts=2, first_pause_s=0.2, deadline_s=options.query_timeout_s)
        for_passages = retries or RetryPolicy(attempts=4, longest_pause_s=20.0, deadline_s=2 * options.timeout_s)
        self._queries = Lane(options, self._clients[0], throttle, for_queries, is_urgent=True)
        self._passages = Lane(options, self._clients[1], throttle, for_passages, is_urgent=False)
        self._learning: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Learn the size of the vectors if it is not known: now, or as soon as the server answers."""
        if self._dimensions is None and not await self._answers():
            self._learning = asyncio.create_task(self._learn())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        del kind, error, traceback
        if self._learning:
            self._learning.cancel()
            await asyncio.wait({self._learning})
        for client in self._clients:
            await client.close()

    @property
    def profile(self) -> EmbedderProfile:
        """What the model is. Raises `EmbedderSizeUnknown` before the server has first answered."""
        if self._dimensions is None:
            raise EmbedderSizeUnknown(model=self._options.model, host=self._options.host)
        return EmbedderProfile(
            provider="openai",
            model=self._options.model,
            revision="",
            dimensions=self._dimensions,
            max_tokens=self._options.max_tokens,
            query_prefix=self._options.query_prefix,
            passage_prefix=self._options.passage_prefix,
        )

    @property
    def usage(self) -> EmbedderUsage:
        """What the server was asked for since the start."""
        return self._usage

    def tokenise(self, text: str) -> Tokens:
        """An estimate of the model's tokens, never cut."""
        return estimate_tokens(text, is_multilingual=self._options.is_multilingual)

    async def embed_query(self, text: str) -> DenseVector:
        """The vector of a question. Raises `EmbedderUnavailable`, `PassageRejected`."""
        vector: DenseVector = (await self._embed(self._queries, self._options.query_prefix, [text]))[0]
        return vector

    async def embed_passages(self, texts: Sequence[str]) -> DenseMatrix:
        """The vectors of passages, in their order. Raises `EmbedderUnavailable`, `PassageRejected`."""
        return await self._embed(self._passages, self._options.passage_prefix, texts)

    async def _embed(self, lane: Lane, prefix: str, texts: Sequence[str]) -> DenseMatrix:
        # A server refuses a whole request because of one text without content.
        filled = [position for position, text in enumerate(texts) if text.strip()]
        began = time.monotonic()
        harvest = await lane.embed([prefix + texts[position] for position in filled])
        self._count(harvest, len(texts), time.monotonic() - began)
        if self._dimensions is None:
            self._learn_from(harvest)
        vectors = np.zeros((len(texts), self.profile.dimensions), np.float32)
        rejected = {filled[i]: reason for i, reason in harvest.rejected.items()}
        for i, vector in harvest.vectors.items():
            unit = self._unit(vector)
            if unit is None:
                rejected[filled[i]] = "the vector the model made of it has no direction"
            else:
                vectors[filled[i]] = unit
        if rejected:
            raise PassageRejected(rejected, vectors)
        return vectors

    def _unit(self, vector: DenseVector) -> DenseVector | None:
        """The vector at the agreed size and of length 1; None if it has no direction. Raises `EmbedderSizeChanged`."""
        expected = self.profile.dimensions
        if len(vector) > expected and self._options.is_matryoshka:
            vector = vector[:expected]
        if len(vector) != expected:
            raise EmbedderSizeChanged(
                model=self._options.model, host=self._options.host, expected=expected, found=len(vector)
            )
        length = float(np.linalg.norm(vector.astype(np.float64)))
        return (vector / length).astype(np.float32) if np.isfinite(length) and length > 0 else None

    def _learn_from(self, harvest: Harvest) -> None:
        if sizes := {len(vector) for vector in harvest.vectors.values()}:
            self._dimensions = min(sizes)
            self._sizes.keep(self._options.identity, self._dimensions)
            _log.info("learned the size of vectors", model=self._options.model, dimensions=self._dimensions)

    async def _learn(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not await self._answers():
            await asyncio.sleep(pause_s)
            pause_s = min(_LONGEST_PAUSE_S, 2 * pause_s)

    async def _answers(self) -> bool:
        try:
            await self.embed_query(PLAIN_TEXT)
        except EmbedderUnavailable as problem:
            _log.warning("the embedding server does not answer yet", code=problem.code, **problem.facts)
            return False
        return True

    def _count(self, harvest: Harvest, n_texts: int, seconds: float) -> None:
        self._usage += EmbedderUsage(n_texts, harvest.n_tokens, harvest.n_requests, harvest.n_shortened, seconds)
