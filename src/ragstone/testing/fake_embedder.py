"""An embedder without a model, for tests of what stands on the port: texts that share words are near each other."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ragstone.ports.embedder import EmbedderProfile, EmbedderUnavailable, PassageRejected, Tokens
from ragstone.ports.vectors import DenseMatrix, DenseVector

_WORD: Final = re.compile(r"\w+|[^\w\s]")


@dataclass(slots=True)
class FakeEmbedder:
    """Counts hashed words. It fails while `is_down`, and rejects whatever text contains `poison`.

    `calls` has the texts of each call that reached it, in order.
    """

    dimensions: int = 32
    max_tokens: int = 256
    model: str = "words"
    poison: str = ""
    is_down: bool = False
    calls: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def profile(self) -> EmbedderProfile:
        """What the model is."""
        return EmbedderProfile("fake", self.model, "1", self.dimensions, self.max_tokens)

    def tokenise(self, text: str) -> Tokens:
        """One token a word."""
        words = list(_WORD.finditer(text))
        return Tokens([word.span() for word in words], [word.group() for word in words], "")

    async def embed_query(self, text: str) -> DenseVector:
        """The vector of a question. Raises `EmbedderUnavailable`, `PassageRejected`."""
        vector: DenseVector = (await self.embed_passages([text]))[0]
        return vector

    async def embed_passages(self, texts: Sequence[str]) -> DenseMatrix:
        """The vectors of passages, in their order. Raises `EmbedderUnavailable`, `PassageRejected`."""
        self.calls.append(tuple(texts))
        if self.is_down:
            raise EmbedderUnavailable(model=self.model, reason="it is down")
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        rejected: dict[int, str] = {}
        for position, text in enumerate(texts):
            if self.poison and self.poison in text:
                rejected[position] = f"it contains {self.poison}"
            else:
                vectors[position] = self._vector(text)
        if rejected:
            raise PassageRejected(rejected, vectors)
        return vectors

    def _vector(self, text: str) -> DenseVector:
        vector = np.full(self.dimensions, 1e-3, np.float32)
        for word in _WORD.findall(text.lower())[: self.max_tokens]:
            vector[hashlib.sha256(word.encode()).digest()[0] % self.dimensions] += 1
        return vector / np.linalg.norm(vector)
