"""Vectors of both legs: dense for meaning, sparse for words."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

DenseVector: TypeAlias = NDArray[np.float32]
"""Shape `(dimensions,)`, unit length."""

DenseMatrix: TypeAlias = NDArray[np.float32]
"""Shape `(n_texts, dimensions)`, rows of unit length."""


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Term weights: `values[i]` belongs to the term numbered `indices[i]` (32 bits, unsigned, no repeats)."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


def vector_bytes(vector: DenseVector) -> bytes:
    """A dense vector as it is stored and sent: little-endian 32-bit floats."""
    return np.asarray(vector, dtype="<f4").tobytes()


def vector_from_bytes(content: bytes) -> DenseVector:
    """The vector in stored bytes. Read only; shape `(dimensions,)`."""
    return np.frombuffer(content, dtype="<f4")
