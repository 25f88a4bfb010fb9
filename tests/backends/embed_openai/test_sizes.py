"""How large vectors are, and what happens when they are not."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.backends.embed_openai.conftest import MakeEmbedder
from tests.backends.embed_openai.server import Answer, Asked, EmbeddingServer, refuse

from ragstone.backends.embed_openai.problems import EmbedderRefused, EmbedderSizeChanged, EmbedderSizeUnknown


async def test_the_size_is_learned_once_and_remembered(
    make: MakeEmbedder, server: EmbeddingServer, tmp_path: Path
) -> None:
    async with make(known_dimensions=None) as first:
        assert first.profile.dimensions == 16
    assert list(json.loads((tmp_path / "embedders.json").read_text()).values()) == [16]
    server.asked.clear()
    async with make(known_dimensions=None) as second:
        assert second.profile == first.profile
    assert server.asked == []


async def test_a_server_that_is_down_at_the_start_is_waited_for(make: MakeEmbedder, server: EmbeddingServer) -> None:
    await server.stop()
    async with make(known_dimensions=None) as embedder:
        with pytest.raises(EmbedderSizeUnknown):
            _ = embedder.profile
        await server.start()
        await server.was_asked(1)
        await embedder.embed_passages(["tide"])
        assert embedder.profile.dimensions == 16


async def test_a_damaged_memory_is_learned_again(make: MakeEmbedder, tmp_path: Path) -> None:
    (tmp_path / "embedders.json").write_text("{")
    async with make(known_dimensions=None) as embedder:
        assert embedder.profile.dimensions == 16


async def test_vectors_of_another_size_are_refused(make: MakeEmbedder, server: EmbeddingServer) -> None:
    embedder = make()
    server.dimensions = 24
    with pytest.raises(EmbedderSizeChanged) as caught:
        await embedder.embed_passages(["tide"])
    assert (caught.value.facts["expected"], caught.value.facts["found"]) == (16, 24)


async def test_only_a_model_made_for_it_has_its_vectors_cut(make: MakeEmbedder, server: EmbeddingServer) -> None:
    whole = server.embedding("tide")
    cut = await make(dimensions=8, is_matryoshka=True).embed_query("tide")
    np.testing.assert_allclose(cut, np.array(whole[:8]) / np.linalg.norm(whole[:8]), atol=1e-6)
    with pytest.raises(EmbedderSizeChanged):
        await make(dimensions=8).embed_query("tide")


async def test_a_server_that_will_not_cut_is_spared_the_question(make: MakeEmbedder, server: EmbeddingServer) -> None:
    def refuse_dimensions(asked: Asked) -> Answer | None:
        message = 'Model "test-model" does not support matryoshka representation'
        return refuse(message) if "dimensions" in asked.body else None

    server.rules.append(refuse_dimensions)
    embedder = make(dimensions=8, is_matryoshka=True)
    assert (await embedder.embed_passages(["tide"])).shape == (1, 8)
    with pytest.raises(EmbedderRefused, match="matryoshka"):
        await make(dimensions=16).embed_passages(["tide"])
