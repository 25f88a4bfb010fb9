"""How much two texts have in common, told from two short signatures.

MinHash (Broder, "On the resemblance and containment of documents", 1997) over runs of three words, and bands of it for
finding candidates (Indyk and Motwani, "Approximate nearest neighbors", 1998).
"""

import re
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

_FEWEST_WORDS: Final = 20  # Of shorter texts many are alike without being copies: records, greetings, titles.
_N_HASHES: Final = 32
_N_BANDS: Final = 8  # Of four hashes: pairs with .8 in common share a band 98 times in 100, pairs with .4 18 times.
_WORD: Final = re.compile(r"\w+")
_SEED: Final = 871_781
_PIECE: Final = 1 << 16

_random = np.random.default_rng(_SEED)
_FACTORS: Final = _random.integers(1, 2**63, _N_HASHES, dtype=np.uint64) | np.uint64(1)
_ADDENDS: Final = _random.integers(0, 2**63, _N_HASHES, dtype=np.uint64)


def signature(text: str) -> bytes | None:
    """128 bytes that stand for the set of the text's runs of three words, or None for a text with few words."""
    words = np.fromiter((zlib.crc32(word.casefold().encode()) for word in _WORD.findall(text)), dtype=np.uint64)
    if len(words) < _FEWEST_WORDS:
        return None
    runs = _mixed((words[:-2] << np.uint64(32)) ^ (words[1:-1] << np.uint64(16)) ^ words[2:])
    smallest = np.full(_N_HASHES, np.iinfo(np.uint32).max, dtype=np.uint32)
    for start in range(0, len(runs), _PIECE):  # In pieces, so that a long text takes no more memory than a short one.
        hashed = (runs[start : start + _PIECE, None] * _FACTORS + _ADDENDS) >> np.uint64(32)
        np.minimum(smallest, hashed.min(axis=0).astype(np.uint32), out=smallest)
    return smallest.astype("<u4").tobytes()


def similarity(one: bytes, other: bytes) -> float:
    """An estimate of the share of runs that are in both among those in either (Jaccard), within about .07."""
    return float(np.mean(_values(one) == _values(other)))


def bands(signed: bytes) -> tuple[int, ...]:
    """Eight 64-bit numbers; texts that have much in common share at least one."""
    parts = _values(signed).reshape(_N_BANDS, -1)
    return tuple(
        int.from_bytes(zlib.crc32(part.tobytes()).to_bytes(4, "big") + bytes([0, 0, 0, number]), "big", signed=True)
        for number, part in enumerate(parts)
    )


def _values(signed: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(signed, dtype="<u4")


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit of the result depends on all bits (Steele et al., "Fast splittable pseudorandom number generators")."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
