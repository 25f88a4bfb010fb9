"""Writes ONNX models as bytes, without the `onnx` package. It knows operators by name only.

Field numbers are those of onnx.proto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ragstone.backends.embed_onnx.protobuf import block, integer, real
from ragstone.backends.embed_onnx.safetensors import TensorEntry

FLOAT: Final = 1
INT64: Final = 7
_FLOAT16: Final = 10
_BFLOAT16: Final = 16

_IR_VERSION: Final = 10
_OPSET: Final = 20
_EXTERNAL: Final = 1
_ELEMENT_TYPES: Final = {"float32": FLOAT, "int64": INT64}
_STORED_TYPES: Final = {"F32": FLOAT, "F16": _FLOAT16, "BF16": _BFLOAT16}

Attribute: TypeAlias = int | float | str | Sequence[int]
Shape: TypeAlias = Sequence[int | str]
"""Sizes; a text names a size that is known only when the model runs."""


class OnnxModel:
    """A model under construction. Every method that adds a value returns the name later operators know it by."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._initializers: list[bytes] = []
        self._inputs: list[bytes] = []
        self._outputs: list[bytes] = []

    def input(self, name: str, element_type: int, shape: Shape) -> str:
        """A value handed in when the model runs."""
        self._inputs.append(block(11, _value_info(name, element_type, shape)))
        return name

    def output(self, name: str, value: str, shape: Shape) -> None:
        """Hand `value` (of floats) out under `name`."""
        self._nodes.append(block(1, _node("Identity", (value,), name, {})))
        self._outputs.append(block(12, _value_info(name, FLOAT, shape)))

    def constant(self, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        """A small tensor kept inside the model."""
        name = f"constant_{len(self._initializers)}"
        content = _tensor_header(name, values.shape, _ELEMENT_TYPES[values.dtype.name]) + block(9, values.tobytes())
        self._initializers.append(block(5, content))
        return name

    def stored(self, name: str, entry: TensorEntry, file_name: str) -> str:
        """A tensor that stays in a file, which the runtime maps into memory; as floats of 32 bits.

        Raises `ValueError` if the file holds it in another form than floats of 32 or 16 bits.
        """
        if entry.dtype not in _STORED_TYPES:
            raise ValueError(f"tensor {name} has the type {entry.dtype}")
        element_type = _STORED_TYPES[entry.dtype]
        place = {"location": file_name, "offset": str(entry.offset), "length": str(entry.size_bytes)}
        pairs = b"".join(block(13, block(1, key) + block(2, value)) for key, value in place.items())
        header = _tensor_header(name, entry.shape, element_type)
        self._initializers.append(block(5, header + pairs + integer(14, _EXTERNAL)))
        return name if element_type == FLOAT else self.add("Cast", name, to=FLOAT)

    def add(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """The output of an operator of the standard operator set."""
        name = f"{operator}_{len(self._nodes)}"
        self._nodes.append(block(1, _node(operator, inputs, name, attributes)))
        return name

    def to_bytes(self) -> bytes:
        """The whole model, as a `ModelProto`."""
        graph = b"".join((*self._nodes, block(2, "graph"), *self._initializers, *self._inputs, *self._outputs))
        opset = block(1, "") + integer(2, _OPSET)
        return integer(1, _IR_VERSION) + block(2, "ragstone") + block(7, graph) + block(8, opset)


def _node(operator: str, inputs: Sequence[str], output: str, attributes: Mapping[str, Attribute]) -> bytes:
    wires = b"".join(block(1, name) for name in inputs) + block(2, output)
    settings = b"".join(block(5, block(1, name) + _attribute(value)) for name, value in attributes.items())
    return wires + block(4, operator) + settings


def _attribute(value: Attribute) -> bytes:
    match value:
        case int():
            return integer(3, value) + integer(20, 2)
        case float():
            return real(2, value) + integer(20, 1)
        case str():
            return block(4, value) + integer(20, 3)
        case _:
            return b"".join(integer(8, number) for number in value) + integer(20, 7)


def _tensor_header(name: str, shape: Sequence[int], element_type: int) -> bytes:
    return b"".join(integer(1, size) for size in shape) + integer(2, element_type) + block(8, name)


def _value_info(name: str, element_type: int, shape: Shape) -> bytes:
    sizes = b"".join(block(1, integer(1, size) if isinstance(size, int) else block(2, size)) for size in shape)
    return block(1, name) + block(2, block(1, integer(1, element_type) + block(2, sizes)))
