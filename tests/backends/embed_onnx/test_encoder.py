"""The graph computes what BERT computes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ragstone.backends.embed_onnx.bert_config import BertConfig, read_bert_config
from ragstone.backends.embed_onnx.encoder import Encoder
from ragstone.backends.embed_onnx.model_folder import ModelFolder
from ragstone.backends.embed_onnx.problems import ModelDamaged
from ragstone.ports.embedder import EmbedderUnavailable
from ragstone.ports.vectors import DenseMatrix

Weights = dict[str, NDArray[Any]]
BATCH = ([2, 5, 3], [2, 9, 10, 11, 30, 40, 1, 3], [2, 3])


def encode(folder: ModelFolder) -> DenseMatrix:
    return Encoder(folder, read_bert_config(folder.name, folder.path)).embed(BATCH)


def test_the_graph_agrees_with_a_forward_pass_in_numpy(tiny: ModelFolder, weights: Weights) -> None:
    config = read_bert_config(tiny.name, tiny.path)
    expected = [reference(config, weights, ids) for ids in BATCH]
    np.testing.assert_allclose(encode(tiny), expected, atol=1e-5)


def test_pooling_by_the_first_token_agrees_too(write_model: Callable[..., ModelFolder], weights: Weights) -> None:
    folder = write_model(pooling={"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False})
    config = read_bert_config(folder.name, folder.path)
    expected = [reference(config, weights, ids) for ids in BATCH]
    np.testing.assert_allclose(encode(folder), expected, atol=1e-5)


def test_the_tanh_form_of_gelu_agrees_too(write_model: Callable[..., ModelFolder], weights: Weights) -> None:
    folder = write_model(hidden_act="gelu_new")
    config = read_bert_config(folder.name, folder.path)
    expected = [reference(config, weights, ids) for ids in BATCH]
    np.testing.assert_allclose(encode(folder), expected, atol=1e-5)


def test_a_checkpoint_with_prefixed_names_gives_the_same_vectors(
    write_model: Callable[..., ModelFolder], weights: Weights
) -> None:
    plain = encode(write_model())
    prefixed = encode(write_model(tensors={f"bert.{name}": tensor for name, tensor in weights.items()}))
    np.testing.assert_array_equal(prefixed, plain)


def test_weights_of_sixteen_bits_are_widened(write_model: Callable[..., ModelFolder], weights: Weights) -> None:
    narrow = {name: tensor.astype(np.float16) for name, tensor in weights.items()}
    widened = encode(write_model(tensors={name: tensor.astype(np.float32) for name, tensor in narrow.items()}))
    np.testing.assert_allclose(encode(write_model(tensors=narrow)), widened, atol=1e-6)


def test_weights_behind_a_link_are_followed(tiny: ModelFolder) -> None:
    expected = encode(tiny)
    blob = tiny.path.parent / "blob-of-the-cache"
    (tiny.path / "model.safetensors").rename(blob)
    (tiny.path / "model.safetensors").symlink_to(blob)
    np.testing.assert_array_equal(encode(tiny), expected)


@pytest.mark.parametrize("content", [b"", b"\xff" * 20, b"\x02\0\0\0\0\0\0\0[]", b'\x0b\0\0\0\0\0\0\0{"a": null}'])
def test_rubbish_in_place_of_weights_is_told_as_damage(tiny: ModelFolder, content: bytes) -> None:
    (tiny.path / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelDamaged) as caught:
        encode(tiny)
    assert caught.value.facts["command"] == "ragstone models install tiny"


def test_weights_cut_short_are_told_as_damage(tiny: ModelFolder) -> None:
    path = tiny.path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ModelDamaged, match="cut short"):
        encode(tiny)


def test_a_missing_tensor_is_told_by_name(write_model: Callable[..., ModelFolder], weights: Weights) -> None:
    del weights["encoder.layer.1.output.dense.bias"]
    with pytest.raises(ModelDamaged, match=r"encoder\.layer\.1\.output\.dense\.bias is missing"):
        encode(write_model(tensors=weights))


def test_a_tensor_of_an_unknown_type_is_told(write_model: Callable[..., ModelFolder], weights: Weights) -> None:
    weights["embeddings.LayerNorm.bias"] = weights["embeddings.LayerNorm.bias"].astype(np.float64)
    with pytest.raises(ModelDamaged, match="F64"):
        encode(write_model(tensors=weights))


def test_a_failure_of_the_runtime_is_told_as_unavailable(tiny: ModelFolder) -> None:
    encoder = Encoder(tiny, read_bert_config(tiny.name, tiny.path))
    with pytest.raises(EmbedderUnavailable, match="tiny"):
        encoder.embed([[10_000]])


def reference(config: BertConfig, weights: Weights, ids: list[int]) -> Any:
    """The unit vector of one text, written as the paper has it."""

    def linear(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        result: NDArray[np.float64] = values @ weights[f"{name}.weight"].T.astype(np.float64) + weights[f"{name}.bias"]
        return result

    def norm(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        centred = values - values.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + config.layer_norm_epsilon)
        result: NDArray[np.float64] = scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]
        return result

    def gelu(values: NDArray[np.float64]) -> Any:
        if config.gelu_approximation == "tanh":
            return 0.5 * values * (1 + np.tanh(math.sqrt(2 / math.pi) * (values + 0.044715 * values**3)))
        return 0.5 * values * (1 + np.vectorize(math.erf)(values / math.sqrt(2)))

    words, positions, types = (
        weights[f"embeddings.{kind}_embeddings.weight"].astype(np.float64)
        for kind in ("word", "position", "token_type")
    )
    hidden = norm(words[ids] + positions[: len(ids)] + types[0], "embeddings.LayerNorm")
    size = config.hidden_size // config.n_heads
    for number in range(config.n_layers):
        layer = f"encoder.layer.{number}"
        query, key, value = (linear(hidden, f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
        heads = []
        for head in range(config.n_heads):
            own = slice(head * size, (head + 1) * size)
            scores = query[:, own] @ key[:, own].T / math.sqrt(size)
            attention = np.exp(scores - scores.max(-1, keepdims=True))
            heads.append(attention / attention.sum(-1, keepdims=True) @ value[:, own])
        attended = linear(np.concatenate(heads, -1), f"{layer}.attention.output.dense")
        hidden = norm(hidden + attended, f"{layer}.attention.output.LayerNorm")
        outer = linear(gelu(linear(hidden, f"{layer}.intermediate.dense")), f"{layer}.output.dense")
        hidden = norm(hidden + outer, f"{layer}.output.LayerNorm")
    pooled = hidden[0] if config.pools_first_token else hidden.mean(0)
    return pooled / np.linalg.norm(pooled)
