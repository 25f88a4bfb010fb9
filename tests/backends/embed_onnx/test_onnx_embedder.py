"""The embedder on a made-up model: laziness, lanes, limits, and what it says when something is wrong."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from ragstone.backends.embed_onnx.embedder import OnnxEmbedder
from ragstone.backends.embed_onnx.model_folder import ModelFolder
from ragstone.backends.embed_onnx.problems import ModelDamaged, ModelUnsupported
from ragstone.ports.embedder import Embedder
from ragstone.testing.embedder import EmbedderContract


class TestOnAMadeUpModel(EmbedderContract):
    @pytest.fixture
    async def embedder(self, tiny: ModelFolder) -> AsyncIterator[Embedder]:
        embedder = OnnxEmbedder(tiny, ingest_threads=2)
        yield embedder
        await embedder.close()


@pytest.fixture
async def embedder(tiny: ModelFolder) -> AsyncIterator[OnnxEmbedder]:
    embedder = OnnxEmbedder(tiny)
    yield embedder
    await embedder.close()


async def test_making_one_reads_no_weights(tiny: ModelFolder) -> None:
    weights = (tiny.path / "model.safetensors").read_bytes()
    (tiny.path / "model.safetensors").write_bytes(b"rubbish")
    embedder = OnnxEmbedder(tiny)
    with pytest.raises(ModelDamaged):
        await embedder.embed_query("a")
    (tiny.path / "model.safetensors").write_bytes(weights)
    assert (await embedder.embed_query("a")).shape == (16,)
    await embedder.close()


def test_the_profile_tells_sizes_prefixes_and_the_digest_of_the_weights(tiny: ModelFolder) -> None:
    profile = OnnxEmbedder(tiny, query_prefix="query: ", passage_prefix="passage: ").profile
    assert (profile.provider, profile.model) == ("onnx", "tiny")
    assert (profile.dimensions, profile.max_tokens) == (16, 32)
    assert (profile.query_prefix, profile.passage_prefix) == ("query: ", "passage: ")
    assert tiny.weights_sha256().startswith(profile.revision)


def test_weights_that_vanished_are_told_when_the_profile_is_read(tiny: ModelFolder) -> None:
    embedder = OnnxEmbedder(tiny)
    (tiny.path / "model.safetensors").unlink()
    with pytest.raises(ModelDamaged, match=r"model\.safetensors"):
        _ = embedder.profile


async def test_prefixes_are_read_by_the_model(tiny: ModelFolder, embedder: OnnxEmbedder) -> None:
    prefixed = OnnxEmbedder(tiny, query_prefix="q ", passage_prefix="p ")
    np.testing.assert_allclose(await prefixed.embed_query("a"), await embedder.embed_query("q a"), atol=1e-6)
    np.testing.assert_allclose(await prefixed.embed_passages(["a"]), await embedder.embed_passages(["p a"]), atol=1e-6)
    await prefixed.close()


async def test_a_text_over_the_limit_is_read_up_to_the_limit_exactly(embedder: OnnxEmbedder) -> None:
    # Of 32 tokens, two are special.
    full, longer = await embedder.embed_passages(["a " * 30, "a " * 30 + "b " * 30])
    np.testing.assert_allclose(full, longer, atol=1e-6)
    shorter, _ = await embedder.embed_passages(["a " * 29, "a"])
    assert np.abs(full - shorter).max() > 1e-3


async def test_an_empty_text_has_a_vector(embedder: OnnxEmbedder) -> None:
    vectors = await embedder.embed_passages(["", "a"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


async def test_a_question_is_answered_while_passages_are_embedded(embedder: OnnxEmbedder) -> None:
    passages = asyncio.create_task(embedder.embed_passages(["a b c d e f g h"] * 20_000))
    await embedder.embed_query("b")
    assert not passages.done()
    passages.cancel()
    with pytest.raises(asyncio.CancelledError):
        await passages


async def test_many_callers_at_once_load_the_model_once(embedder: OnnxEmbedder) -> None:
    queries = await asyncio.gather(*(embedder.embed_query(letter) for letter in "abcdef"))
    passages = await embedder.embed_passages(list("abcdef"))
    np.testing.assert_allclose(np.stack(queries), passages, atol=1e-6)
    assert sum(thread.name.startswith("embed-query") for thread in threading.enumerate()) == 1


async def test_characters_the_model_does_not_know_are_the_unknown_piece(embedder: OnnxEmbedder) -> None:
    tokens = embedder.tokenise("a 東 b")
    assert tokens.pieces == ["a", tokens.unknown, "b"]
    assert tokens.offsets == [(0, 1), (2, 3), (4, 5)]


async def test_a_damaged_tokenizer_is_told(tiny: ModelFolder) -> None:
    (tiny.path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelDamaged, match=r"tokenizer\.json"):
        OnnxEmbedder(tiny).tokenise("a")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model_type": "roberta"}, "roberta"),
        ({"hidden_act": "swish"}, "swish"),
        ({"position_embedding_type": "relative_key"}, "positions"),
        ({"pooling": {"pooling_mode_max_tokens": True}}, "pools"),
    ],
)
def test_a_model_of_another_kind_is_refused_with_the_reason(
    write_model: Callable[..., ModelFolder], change: dict[str, str], reason: str
) -> None:
    folder = write_model(**change)
    with pytest.raises(ModelUnsupported, match=reason):
        OnnxEmbedder(folder)


@pytest.mark.parametrize("content", ["", "[]", json.dumps({"model_type": "bert", "hidden_act": "gelu"})])
def test_a_damaged_configuration_is_told(tiny: ModelFolder, content: str) -> None:
    (tiny.path / "config.json").write_text(content)
    with pytest.raises(ModelDamaged, match=r"config\.json"):
        OnnxEmbedder(tiny)


def test_an_unreadable_configuration_is_told(tiny: ModelFolder, tmp_path: Path) -> None:
    (tiny.path / "config.json").rename(tmp_path / "elsewhere")
    with pytest.raises(ModelDamaged):
        OnnxEmbedder(tiny)
