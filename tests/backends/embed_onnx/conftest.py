"""A made-up BERT model on disk, and the published one where it is installed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_model import Weights, config, made_up_weights, write_safetensors, write_tiny_model

from ragstone.backends.embed_onnx.model_folder import ModelFolder, find_model_folder
from ragstone.backends.embed_onnx.problems import ModelNotInstalled


@pytest.fixture
def weights() -> Weights:
    return made_up_weights(16, seed=7)


@pytest.fixture
def write_model(tmp_path: Path, weights: Weights) -> Callable[..., ModelFolder]:
    """Writes the model; keyword arguments replace values of its configuration."""

    def write(tensors: Weights = weights, pooling: dict[str, bool] | None = None, **changes: Any) -> ModelFolder:
        folder = write_tiny_model(tmp_path / "tiny")
        (folder / "config.json").write_text(json.dumps(config(16) | changes))
        (folder / "1_Pooling/config.json").write_text(json.dumps(pooling or {"pooling_mode_mean_tokens": True}))
        write_safetensors(folder / "model.safetensors", tensors)
        return ModelFolder("tiny", folder, known=None)

    return write


@pytest.fixture
def tiny(write_model: Callable[..., ModelFolder]) -> ModelFolder:
    return write_model()


@pytest.fixture
def minilm() -> ModelFolder:
    try:
        return find_model_folder("all-MiniLM-L6-v2")
    except ModelNotInstalled:
        if os.environ.get("CI"):
            raise
        pytest.skip("the weights package is not installed")
