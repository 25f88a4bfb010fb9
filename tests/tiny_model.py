"""A made-up BERT model on disk: real to the embedder, small enough to be written and run in a test."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

Weights = dict[str, NDArray[Any]]

LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
POSITIONS = 40
LAYERS = 2


def config(hidden_size: int) -> dict[str, Any]:
    """What `config.json` says."""
    return {
        "model_type": "bert",
        "hidden_size": hidden_size,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 4,
        "intermediate_size": 24,
        "max_position_embeddings": POSITIONS,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
    }


def made_up_weights(hidden_size: int, seed: int) -> Weights:
    """Random weights, the same for the same seed."""
    random = np.random.default_rng(seed)

    def normal(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 0.4, shape).astype(np.float32)

    size = hidden_size
    tensors: Weights = {
        "embeddings.word_embeddings.weight": normal(len(VOCABULARY), size),
        "embeddings.position_embeddings.weight": normal(POSITIONS, size),
        "embeddings.token_type_embeddings.weight": normal(2, size),
    }
    linear = dict.fromkeys((f"attention.self.{part}" for part in ("query", "key", "value")), (size, size))
    linear |= {"attention.output.dense": (size, size), "intermediate.dense": (24, size), "output.dense": (size, 24)}
    layers = [f"encoder.layer.{number}" for number in range(LAYERS)]
    for layer in layers:
        for name, shape in linear.items():
            tensors |= {f"{layer}.{name}.weight": normal(*shape), f"{layer}.{name}.bias": normal(shape[0])}
    norms = [f"{layer}.{part}.LayerNorm" for layer in layers for part in ("attention.output", "output")]
    for name in ("embeddings.LayerNorm", *norms):
        tensors |= {f"{name}.weight": 1 + normal(size), f"{name}.bias": normal(size)}
    return tensors


def write_tiny_model(folder: Path, hidden_size: int = 16, seed: int = 7) -> Path:
    """The folder of a model of that many dimensions, which knows the letters of English and nothing else."""
    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config(hidden_size)))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 32}))
    (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    write_safetensors(folder / "model.safetensors", made_up_weights(hidden_size, seed))
    write_tokenizer(folder / "tokenizer.json")
    return folder


def write_safetensors(path: Path, tensors: Weights) -> None:
    """Tensors as the published files hold them."""
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
