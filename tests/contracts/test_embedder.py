"""The embedder contract, bound to every embedder we ship."""

import os
from collections.abc import AsyncIterator

import pytest

from ragstone.backends.embed_onnx.embedder import OnnxEmbedder
from ragstone.backends.embed_onnx.model_folder import ModelFolder, find_model_folder
from ragstone.backends.embed_onnx.problems import ModelNotInstalled
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
