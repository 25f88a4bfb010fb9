"""The `Embedder` port on ONNX Runtime: loads the model at its first use and shares it among all callers."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from ragstone.backends.embed_onnx.bert_config import read_bert_config
from ragstone.backends.embed_onnx.cores import usable_cores
from ragstone.backends.embed_onnx.encoder import Encoder
from ragstone.backends.embed_onnx.lane import Lane
from ragstone.backends.embed_onnx.model_folder import ModelFolder, damaged
from ragstone.backends.embed_onnx.tokeniser import TOKENIZER, Tokeniser
from ragstone.ports.embedder import EmbedderProfile, Tokens
from ragstone.ports.vectors import DenseMatrix, DenseVector

_PASSAGE_BATCH_TOKENS: Final = 768  # Measured: 512 to 1024 is the flat top; larger batches fall out of the cache.
_QUERY_BATCH_TOKENS: Final = 64  # Measured: four short questions at once cost three; more gain little and wait longer.
_REVISION_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class _Loaded:
    queries: Lane
    passages: Lane

    def close(self) -> None:
        self.queries.close()
        self.passages.close()


class OnnxEmbedder:
    """Embeds with the BERT model in a folder; making it reads the model's configuration and nothing else.

    Questions have a thread of their own, so they never wait behind passages, which share `ingest_threads` threads
    (by default one fewer than the usable cores). Raises `ModelDamaged` and `ModelUnsupported`; what is wrong with the
    weights is raised at first use, and looked at again at the next.
    """

    def __init__(
        self,
        folder: ModelFolder,
        *,
        query_prefix: str = "",
        passage_prefix: str = "",
        ingest_threads: int | None = None,
    ) -> None:
        self._folder = folder
        self._config = read_bert_config(folder.name, folder.path)
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix
        self._ingest_threads = ingest_threads or max(1, usable_cores() - 1)
        self._loading = threading.Lock()
        self._loaded: _Loaded | None = None

    @cached_property
    def profile(self) -> EmbedderProfile:
        """What the model is. For a model that is not pinned, the first reading hashes its weights."""
        return EmbedderProfile(
            provider="onnx",
            model=self._folder.name,
            revision=self._folder.weights_sha256()[:_REVISION_DIGITS],
            dimensions=self._config.hidden_size,
            max_tokens=self._config.max_tokens,
            query_prefix=self._query_prefix,
            passage_prefix=self._passage_prefix,
        )

    def tokenise(self, text: str) -> Tokens:
        """The whole text in tokens, never cut at `max_tokens`."""
        return self._tokeniser.tokens(text)

    async def embed_query(self, text: str) -> DenseVector:
        """The vector of a question. Raises `EmbedderUnavailable`."""
        loaded = await self._load()
        # A question is short: tokenising it here costs less than a change of threads.
        (vector,) = loaded.queries.submit([self._tokeniser.ids(self._query_prefix + text)])
        return await asyncio.wrap_future(vector)

    async def embed_passages(self, texts: Sequence[str]) -> DenseMatrix:
        """The vectors of passages, in their order. Raises `EmbedderUnavailable`."""
        if not texts:
            return np.empty((0, self._config.hidden_size), np.float32)
        loaded = await self._load()
        sequences = await asyncio.to_thread(self._passage_ids, texts)
        # Longest first, so that texts of one length share a batch and the last batches to finish are small.
        order = sorted(range(len(texts)), key=lambda position: -len(sequences[position]))
        futures = loaded.passages.submit([sequences[position] for position in order])
        vectors = np.empty((len(texts), self._config.hidden_size), np.float32)
        vectors[order] = await asyncio.gather(*map(asyncio.wrap_future, futures))
        return vectors

    async def close(self) -> None:
        """Cancel what is waiting and end the threads. The embedder is of no use afterwards."""
        if self._loaded:
            await asyncio.to_thread(self._loaded.close)

    def _passage_ids(self, texts: Sequence[str]) -> list[Sequence[int]]:
        return [self._tokeniser.ids(self._passage_prefix + text) for text in texts]

    @cached_property
    def _tokeniser(self) -> Tokeniser:
        path = self._folder.path / TOKENIZER
        try:
            return Tokeniser(path, self._config.max_tokens)
        except ValueError as error:
            raise damaged(self._folder.name, path, str(error)) from error

    async def _load(self) -> _Loaded:
        if self._loaded is not None:
            return self._loaded
        return await asyncio.to_thread(self._load_once)

    def _load_once(self) -> _Loaded:
        with self._loading:
            loaded = self._loaded or self._read()
            self._loaded = loaded
            return loaded

    def _read(self) -> _Loaded:
        _ = self._tokeniser  # Read here, so that no question pays for it on the event loop.
        embed = Encoder(self._folder, self._config).embed
        return _Loaded(
            queries=Lane("embed-query", embed, n_threads=1, max_batch_tokens=_QUERY_BATCH_TOKENS),
            passages=Lane(
                "embed-passage", embed, n_threads=self._ingest_threads, max_batch_tokens=_PASSAGE_BATCH_TOKENS
            ),
        )
