"""The embedder contract, bound to every embedder we ship."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.backends.embed_openai.server import EmbeddingServer, no_longer_than, refuse

from ragstone.backends.embed_onnx.embedder import OnnxEmbedder
from ragstone.backends.embed_onnx.model_folder import ModelFolder, find_model_folder
from ragstone.backends.embed_onnx.problems import ModelNotInstalled
from ragstone.backends.embed_openai.embedder import OpenAIEmbedder
from ragstone.backends.embed_openai.options import Options
from ragstone.ports.embedder import Embedder
from ragstone.testing.embedder import EmbedderContract
from ragstone.testing.fake_embedder import FakeEmbedder


def _minilm() -> ModelFolder:
    try:
        return find_model_folder("all-MiniLM-L6-v2")
    except ModelNotInstalled:
        if os.environ.get("CI"):
            raise
        pytest.skip("the weights package is not installed")


class TestOnnxEmbedder(EmbedderContract):
    @pytest.fixture
    async def embedder(self) -> AsyncIterator[Embedder]:
        embedder = OnnxEmbedder(_minilm())
        yield embedder
        await embedder.close()


class TestFakeEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return FakeEmbedder()


class TestOpenAIEmbedder(EmbedderContract):
    """Against a server that takes few and short texts, as a harder case than one that takes all."""

    @pytest.fixture
    async def embedder(self, tmp_path: Path) -> AsyncIterator[Embedder]:
        async with EmbeddingServer() as server:
            server.rules.append(no_longer_than(200, refuse("the input length exceeds the context length")))
            options = Options("test-model", server.url, max_tokens=256, batch_inputs=10)
            async with OpenAIEmbedder(options, tmp_path) as embedder:
                yield embedder
