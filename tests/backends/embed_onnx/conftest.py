"""A made-up BERT model on disk, and the published one where it is installed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from ragstone.backends.embed_onnx.model_folder import ModelFolder, find_model_folder
from ragstone.backends.embed_onnx.problems import ModelNotInstalled

Weights = dict[str, NDArray[Any]]

CONFIG = {
    "model_type": "bert",
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 24,
    "max_position_embeddings": 40,
    "layer_norm_eps": 1e-12,
    "hidden_act": "gelu",
}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", *LETTERS, *(f"##{letter}" for letter in LETTERS)]


@pytest.fixture
def weights() -> Weights:
    random = np.random.default_rng(7)

    def normal(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 0.4, shape).astype(np.float32)

    tensors: Weights = {
        "embeddings.word_embeddings.weight": normal(len(VOCABULARY), 16),
        "embeddings.position_embeddings.weight": normal(40, 16),
        "embeddings.token_type_embeddings.weight": normal(2, 16),
    }
    linear = {"attention.self.query": (16, 16), "attention.self.key": (16, 16), "attention.self.value": (16, 16)}
    linear |= {"attention.output.dense": (16, 16), "intermediate.dense": (24, 16), "output.dense": (16, 24)}
    layers = [f"encoder.layer.{number}" for number in range(2)]
    for layer in layers:
        for name, shape in linear.items():
            tensors |= {f"{layer}.{name}.weight": normal(*shape), f"{layer}.{name}.bias": normal(shape[0])}
    norms = [f"{layer}.{part}.LayerNorm" for layer in layers for part in ("attention.output", "output")]
    for name in ("embeddings.LayerNorm", *norms):
        tensors |= {f"{name}.weight": 1 + normal(16), f"{name}.bias": normal(16)}
    return tensors


@pytest.fixture
def write_model(tmp_path: Path, weights: Weights) -> Callable[..., ModelFolder]:
    """Writes the model; keyword arguments replace values of its configuration."""

    def write(tensors: Weights = weights, pooling: dict[str, bool] | None = None, **changes: Any) -> ModelFolder:
        folder = tmp_path / "tiny"
        (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(CONFIG | changes))
        (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 32}))
        (folder / "1_Pooling/config.json").write_text(json.dumps(pooling or {"pooling_mode_mean_tokens": True}))
        write_safetensors(folder / "model.safetensors", tensors)
        write_tokenizer(folder / "tokenizer.json")
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


def write_safetensors(path: Path, tensors: Weights) -> None:
    types = {"float32": "F32", "float16": "F16", "float64": "F64"}
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    content = b""
    for name, tensor in tensors.items():
        place = [len(content), len(content) + tensor.nbytes]
        header[name] = {"dtype": types[tensor.dtype.name], "shape": list(tensor.shape), "data_offsets": place}
        content += tensor.tobytes()
    raw = json.dumps(header).encode()
    path.write_bytes(len(raw).to_bytes(8, "little") + raw + content)


def write_tokenizer(path: Path) -> None:
    """As published files do, it carries a truncation and a padding that nobody wants."""
    vocabulary = {token: number for number, token in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(path))
