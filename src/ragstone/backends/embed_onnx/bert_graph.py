"""A BERT encoder with pooling and normalising, as an ONNX model over a safetensors file.

Sources: Devlin et al., BERT (2019), as implemented by `transformers.BertModel`; Reimers and Gurevych, Sentence-BERT
(2019), for mean pooling. Only standard operators are used: they measure faster than the hand-fused ones of the runtime.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from ragstone.backends.embed_onnx.bert_config import BertConfig
from ragstone.backends.embed_onnx.onnx_model import FLOAT, INT64, OnnxModel
from ragstone.backends.embed_onnx.safetensors import TensorEntry

IDS: Final = "ids"
MASK: Final = "mask"
EMBEDDING: Final = "embedding"

_MASKED: Final = -1e9  # Added to an attention score, it makes the exponential zero.


def bert_graph(config: BertConfig, tensors: Mapping[str, TensorEntry], file_name: str) -> bytes:
    """The model: `ids` and `mask`, both int64 `(batch, length)`, to unit vectors `(batch, hidden_size)`.

    The mask is 1 at tokens and 0 at padding. Weights are not copied: they are named by their place in `file_name`.
    Raises `ValueError` if a tensor is missing or of an unknown type.
    """
    return _BertGraph(config, tensors, file_name).to_bytes()


class _BertGraph:
    def __init__(self, config: BertConfig, tensors: Mapping[str, TensorEntry], file_name: str) -> None:
        self._config = config
        self._tensors = tensors
        self._prefix = "bert." if "bert.embeddings.word_embeddings.weight" in tensors else ""
        self._file_name = file_name
        self._model = OnnxModel()

    def to_bytes(self) -> bytes:
        model = self._model
        ids = model.input(IDS, INT64, ("batch", "length"))
        mask = model.add("Cast", model.input(MASK, INT64, ("batch", "length")), to=FLOAT)
        padding = model.add("Mul", model.add("Sub", self._float(1.0), mask), self._float(_MASKED))
        padding = model.add("Unsqueeze", padding, self._integers(1, 2))
        hidden = self._embeddings(ids)
        for layer in range(self._config.n_layers):
            hidden = self._layer(hidden, padding, f"encoder.layer.{layer}")
        pooled = self._first_token(hidden) if self._config.pools_first_token else self._mean(hidden, mask)
        model.output(EMBEDDING, self._unit_length(pooled), ("batch", self._config.hidden_size))
        return model.to_bytes()

    def _embeddings(self, ids: str) -> str:
        model = self._model
        words = model.add("Gather", self._weight("embeddings.word_embeddings.weight"), ids)
        # One text is one segment, so the first token type holds everywhere. The runtime folds this sum when it loads.
        segment = model.add("Gather", self._weight("embeddings.token_type_embeddings.weight"), self._integers(0))
        table = model.add("Add", self._weight("embeddings.position_embeddings.weight"), segment)
        length = model.add("Shape", ids, start=1, end=2)
        positions = model.add("Slice", table, self._integers(0), length, self._integers(0))
        return self._layer_norm(model.add("Add", words, positions), "embeddings.LayerNorm")

    def _layer(self, hidden: str, padding: str, name: str) -> str:
        model = self._model
        attended = self._linear(self._attention(hidden, padding, name), f"{name}.attention.output.dense")
        hidden = self._layer_norm(model.add("Add", hidden, attended), f"{name}.attention.output.LayerNorm")
        inner = self._linear(hidden, f"{name}.intermediate.dense")
        inner = model.add("Gelu", inner, approximate=self._config.gelu_approximation)
        outer = self._linear(inner, f"{name}.output.dense")
        return self._layer_norm(model.add("Add", hidden, outer), f"{name}.output.LayerNorm")

    def _attention(self, hidden: str, padding: str, name: str) -> str:
        model = self._model
        head_size = self._config.hidden_size // self._config.n_heads
        query = self._heads(hidden, f"{name}.attention.self.query", (0, 2, 1, 3))
        key = self._heads(hidden, f"{name}.attention.self.key", (0, 2, 3, 1))
        value = self._heads(hidden, f"{name}.attention.self.value", (0, 2, 1, 3))
        scores = model.add("Mul", model.add("MatMul", query, key), self._float(head_size**-0.5))
        weights = model.add("Softmax", model.add("Add", scores, padding), axis=-1)
        context = model.add("Transpose", model.add("MatMul", weights, value), perm=(0, 2, 1, 3))
        return model.add("Reshape", context, self._integers(0, 0, self._config.hidden_size))

    def _heads(self, hidden: str, name: str, order: tuple[int, ...]) -> str:
        """A projection split by attention head, from `(batch, length, head, size)` to the axes of `order`."""
        head_size = self._config.hidden_size // self._config.n_heads
        shape = self._integers(0, 0, self._config.n_heads, head_size)
        return self._model.add("Transpose", self._model.add("Reshape", self._linear(hidden, name), shape), perm=order)

    def _mean(self, hidden: str, mask: str) -> str:
        model = self._model
        share = model.add("Div", mask, model.add("ReduceSum", mask, self._integers(1), keepdims=1))
        mean = model.add("MatMul", model.add("Unsqueeze", share, self._integers(1)), hidden)
        return model.add("Squeeze", mean, self._integers(1))

    def _first_token(self, hidden: str) -> str:
        return self._model.add(
            "Squeeze", self._model.add("Gather", hidden, self._integers(0), axis=1), self._integers(1)
        )

    def _unit_length(self, vectors: str) -> str:
        norm = self._model.add("ReduceL2", vectors, self._integers(1), keepdims=1)
        return self._model.add("Div", vectors, self._model.add("Max", norm, self._float(1e-12)))

    def _linear(self, values: str, name: str) -> str:
        # The file keeps weights as (outputs, inputs). The runtime folds the transposition when it loads.
        weight = self._model.add("Transpose", self._weight(f"{name}.weight"), perm=(1, 0))
        return self._model.add("Add", self._model.add("MatMul", values, weight), self._weight(f"{name}.bias"))

    def _layer_norm(self, values: str, name: str) -> str:
        scale, bias = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        epsilon = self._config.layer_norm_epsilon
        return self._model.add("LayerNormalization", values, scale, bias, axis=-1, epsilon=epsilon)

    def _weight(self, name: str) -> str:
        entry = self._tensors.get(self._prefix + name)
        if entry is None:
            raise ValueError(f"tensor {name} is missing")
        return self._model.stored(name, entry, self._file_name)

    def _integers(self, *values: int) -> str:
        return self._model.constant(np.array(values, np.int64))

    def _float(self, value: float) -> str:
        return self._model.constant(np.array(value, np.float32))
