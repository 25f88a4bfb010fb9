"""Where each tensor stands in a safetensors file. It reads the header only, never the weights.

Source: https://huggingface.co/docs/safetensors/index#format
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LENGTH: Final = struct.Struct("<Q")
_MAX_HEADER_BYTES: Final = 100_000_000  # The format's own limit.


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """A tensor in row-major order at `[offset, offset + size_bytes)` of the file."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    size_bytes: int


def read_entries(path: Path) -> Mapping[str, TensorEntry]:
    """Every tensor of the file by name. Raises `ValueError` if it is not a whole safetensors file."""
    file_bytes = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(_LENGTH.size)
        if len(prefix) < _LENGTH.size:
            raise ValueError("shorter than a safetensors header")
        (header_bytes,) = _LENGTH.unpack(prefix)
        if header_bytes > min(_MAX_HEADER_BYTES, file_bytes):
            raise ValueError("not a safetensors header")
        header = json.loads(file.read(header_bytes))
    start = _LENGTH.size + header_bytes
    try:
        entries = {name: _entry(facts, start) for name, facts in header.items() if name != "__metadata__"}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("not a safetensors header") from error
    if any(entry.offset + entry.size_bytes > file_bytes for entry in entries.values()):
        raise ValueError("cut short")
    return entries


def _entry(facts: Mapping[str, object], start: int) -> TensorEntry:
    match facts:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(begin), int(end)]} if 0 <= begin <= end:
            return TensorEntry(dtype, tuple(shape), start + begin, end - begin)
        case _:
            raise ValueError("not a safetensors header")
