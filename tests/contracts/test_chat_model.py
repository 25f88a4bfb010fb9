"""Every chat model we ship, held to the contract of the port."""

from collections.abc import Sequence

import numpy as np
import pytest

from ragstone.backends.chat_extractive.model import ExtractiveChatModel
from ragstone.ports.chat_model import ChatModel, Finish, Source
from ragstone.ports.embedder import EmbedderProfile, EmbedderUnavailable, Tokens
from ragstone.ports.vectors import DenseMatrix, DenseVector
from ragstone.testing.chat_model import TOWER, ChatModelContract, chat_request, collect


class TestExtractiveChatModel(ChatModelContract):
    @pytest.fixture
    def model(self) -> ChatModel:
        return ExtractiveChatModel()


class TestExtractiveChatModelWithEmbedder(ChatModelContract):
    @pytest.fixture
    def model(self) -> ChatModel:
        return ExtractiveChatModel(_AlikeEmbedder())


class TestExtractiveChatModelWithBrokenEmbedder(ChatModelContract):
    @pytest.fixture
    def model(self) -> ChatModel:
        return ExtractiveChatModel(_BrokenEmbedder())


async def test_the_extractive_model_repeats_itself() -> None:
    request = chat_request("Who designed the Eiffel Tower?", TOWER)
    answers = [await collect(ExtractiveChatModel(), request) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]


async def test_the_extractive_model_refuses_what_the_sources_do_not_say() -> None:
    (only,) = await collect(ExtractiveChatModel(), chat_request("Who invented the steam locomotive?", TOWER))
    assert only.finish is Finish.INSUFFICIENT_EVIDENCE
    assert only.text == ""


async def test_the_extractive_model_gives_no_more_sentences_than_citations_are_wanted() -> None:
    text = "The bridge was opened in 1932 by the mayor. The bridge was opened again in 1945 after the war."
    request = chat_request("When was the bridge opened?", Source(1, "Bridge", (), text, "en"))
    limited = type(request)(request.question, request.sources, "", "en", max_citations=1)
    answer = "".join(delta.text for delta in await collect(ExtractiveChatModel(), limited))
    assert answer.count("[1]") == 1


async def test_the_extractive_model_does_without_an_embedder_nothing_is_known_of() -> None:
    request = chat_request("Who designed the Eiffel Tower?", TOWER)
    assert await collect(ExtractiveChatModel(_UnknownEmbedder()), request) == await collect(
        ExtractiveChatModel(), request
    )


async def test_the_extractive_model_does_without_an_embedder_it_was_not_calibrated_for() -> None:
    request = chat_request("Who designed the Eiffel Tower?", TOWER)
    assert await collect(ExtractiveChatModel(_OtherEmbedder()), request) == await collect(
        ExtractiveChatModel(), request
    )


class _AlikeEmbedder:
    """Finds every text equally near to every other."""

    model = "all-MiniLM-L6-v2"

    @property
    def profile(self) -> EmbedderProfile:
        return EmbedderProfile("test", self.model, "1", dimensions=2, max_tokens=256)

    def tokenise(self, text: str) -> Tokens:
        return Tokens([(0, len(text))], [text], "[UNK]")

    async def embed_query(self, text: str) -> DenseVector:
        assert text
        return np.array([0.8, 0.6], dtype=np.float32)

    async def embed_passages(self, texts: Sequence[str]) -> DenseMatrix:
        return np.stack([await self.embed_query(text) for text in texts])


class _BrokenEmbedder(_AlikeEmbedder):
    async def embed_query(self, text: str) -> DenseVector:
        raise EmbedderUnavailable(model="broken", reason=text)


class _OtherEmbedder(_BrokenEmbedder):
    model = "other-model"

    def tokenise(self, text: str) -> Tokens:
        raise AssertionError(f"asked for {text}")


class _UnknownEmbedder(_AlikeEmbedder):
    """On a server that has never answered."""

    @property
    def profile(self) -> EmbedderProfile:
        raise EmbedderUnavailable(model="unknown", reason="it has not answered yet")
