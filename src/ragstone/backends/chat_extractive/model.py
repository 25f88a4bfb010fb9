"""The `ChatModel` port on the extractive answerer. It generates nothing: every word it gives is a source's."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

from ragstone.engine.answering.extractive import MAX_SENTENCES, Shortlist, choose, shortlist, write
from ragstone.engine.language.coverage import is_covered
from ragstone.ports.chat_model import ChatDelta, ChatRequest, Finish, Usage
from ragstone.ports.embedder import Embedder, EmbedderUnavailable, PassageRejected

_EMBEDDING_TIMEOUT_S: Final = 2.0
_CALIBRATED_MODEL: Final = "all-MiniLM-L6-v2"  # Other models' cosines have other scales, and need weights of their own.


class ExtractiveChatModel:
    """Quotes the sentences that answer the question, each with its marker, or finds the evidence insufficient.

    With the embedder its weights were made for, sentences are compared with the question by meaning as well as by
    words, wherever that embedder knows the question's language. Without it, with another, or while it is down, words
    alone decide. The instructions of a request are not read.
    """

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder

    @property
    def name(self) -> str:
        """The model as shown to users."""
        return "extractive"

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        """The answer, a sentence or a marker at a time. An answer that is refused has no text."""
        # A few milliseconds of computing, which the event loop should not wait for.
        listed = await asyncio.to_thread(shortlist, request.question, request.sources)
        chosen = choose(listed, await self._similarities(listed), min(MAX_SENTENCES, request.max_citations))
        n_words = 0
        for piece in write(chosen, request.sources):
            n_words += len(piece.split())
            yield ChatDelta(text=piece)
        finish = Finish.ANSWERED if chosen else Finish.INSUFFICIENT_EVIDENCE
        yield ChatDelta(finish=finish, usage=Usage(_n_words_read(request), n_words, cost=0.0))

    async def _similarities(self, listed: Shortlist) -> Sequence[float] | None:
        """The cosine of the question with each candidate in its context, or None where meaning cannot be compared."""
        if self._embedder is None:
            return None
        try:
            async with asyncio.timeout(_EMBEDDING_TIMEOUT_S):
                return await _compare(self._embedder, listed)
        except (EmbedderUnavailable, PassageRejected, TimeoutError):
            return None  # Words alone answer nearly as well, and at once.


async def _compare(embedder: Embedder, listed: Shortlist) -> Sequence[float] | None:
    if not embedder.profile.model.endswith(_CALIBRATED_MODEL) or not is_covered(embedder.tokenise(listed.question)):
        return None
    # Sentences are as short as questions and somebody waits for them, so they do not queue behind passages.
    texts = [listed.question, *listed.in_context()]
    question, *sentences = await asyncio.gather(*map(embedder.embed_query, texts))
    return [float(question @ sentence) for sentence in sentences]


def _n_words_read(request: ChatRequest) -> int:
    texts = (request.question, *(source.text for source in request.sources))
    return sum(len(text.split()) for text in texts)
