"""A misbehaving server, and embedders that ask it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.backends.embed_openai.server import EmbeddingServer

from ragstone.backends.embed_openai.embedder import OpenAIEmbedder
from ragstone.backends.embed_openai.options import Options
from ragstone.kit.resilience.retry import RetryPolicy

MakeEmbedder = Callable[..., OpenAIEmbedder]

IMPATIENT = RetryPolicy(attempts=3, first_pause_s=0.01, longest_pause_s=0.02, deadline_s=20)


@pytest.fixture
async def server() -> AsyncIterator[EmbeddingServer]:
    async with EmbeddingServer() as server:
        yield server


@pytest.fixture
async def make(server: EmbeddingServer, tmp_path: Path) -> AsyncIterator[MakeEmbedder]:
    """Makes embedders with options of their own, closed with the test."""
    made: list[OpenAIEmbedder] = []

    def embedder(**changes: Any) -> OpenAIEmbedder:
        retries = changes.pop("retries", IMPATIENT)
        options = replace(Options("test-model", server.url, api_key="sk-very-secret", known_dimensions=16), **changes)
        made.append(OpenAIEmbedder(options, tmp_path, retries=retries))
        return made[-1]

    yield embedder
    for item in made:
        await item.__aexit__(None, None, None)


@pytest.fixture
def embedder(make: MakeEmbedder) -> OpenAIEmbedder:
    return make()
