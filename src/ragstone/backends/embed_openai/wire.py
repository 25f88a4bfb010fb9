"""The embeddings API as bytes: what is sent, and what is believed of what comes back.

Source: https://platform.openai.com/docs/api-reference/embeddings, and what other servers make of it.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragstone.backends.embed_openai.options import Options
from ragstone.ports.vectors import DenseMatrix


class ReplyInvalid(ValueError):
    """The reply is not one vector for each text. The message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A row for each text, as the model made it. `n_tokens` is what the server says it has read, 0 if it does not."""

    vectors: DenseMatrix
    n_tokens: int


def request_body(options: Options, texts: Sequence[str], dimensions: int | None) -> bytes:
    """The request. The format is always named, as clients and servers disagree on what is meant by leaving it out."""
    body: dict[str, Any] = {
        "model": options.model,
        "input": list(texts),
        "encoding_format": options.encoding_format,
    }
    if dimensions:  # Many servers refuse the field, even where it says what they do anyway.
        body["dimensions"] = dimensions
    return json.dumps(body, ensure_ascii=True).encode()


def read_reply(content: bytes, n_texts: int) -> Reply:
    """The vectors in the order of the texts. Raises `ReplyInvalid`."""
    try:
        body = json.loads(content)
    except ValueError as error:
        raise ReplyInvalid("it is not JSON") from error
    items = body.get("data") if isinstance(body, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ReplyInvalid("it has no list of vectors")
    if len(items) != n_texts:
        raise ReplyInvalid(f"{len(items)} vectors for {n_texts} texts")
    rows = [_row(item.get("embedding")) for item in items]
    if len({len(row) for row in rows}) > 1 or not len(rows[0]):
        raise ReplyInvalid("its vectors are not of one size")
    vectors = np.empty((n_texts, len(rows[0])), np.float32)
    for place, row in zip(_places(items), rows, strict=True):
        vectors[place] = row
    return Reply(vectors, _n_tokens(body.get("usage")))


def _places(items: Sequence[dict[str, Any]]) -> list[int]:
    """Which text each vector belongs to. Some servers leave out an index that is 0, others all of them."""
    given = [item.get("index") for item in items]
    if all(index is None for index in given):
        return list(range(len(items)))
    if given.count(None) == 1 and 0 not in given:
        given[given.index(None)] = 0
    places = [position if index is None else index for position, index in enumerate(given)]
    if sorted(map(str, places)) != sorted(map(str, range(len(items)))):
        raise ReplyInvalid("its indices do not number the texts")
    return places


def _row(embedding: object) -> NDArray[np.float32]:
    """A vector as a list of numbers, or as base64 of little-endian 32-bit floats; NaN throughout if it has holes."""
    match embedding:
        case str():
            try:
                return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4")
            except (binascii.Error, ValueError) as error:
                raise ReplyInvalid("a vector is neither numbers nor base64") from error
        case list():
            try:
                with np.errstate(over="ignore"):
                    row = np.array(embedding, dtype=np.float64).astype(np.float32)
            except TypeError:
                return np.full(len(embedding), np.nan, np.float32)
            except ValueError as error:
                raise ReplyInvalid("a vector has something else than numbers in it") from error
            if row.ndim != 1:
                raise ReplyInvalid("a vector has something else than numbers in it")
            return row
        case _:
            raise ReplyInvalid("an item has no vector")


def _n_tokens(usage: object) -> int:
    if not isinstance(usage, dict):
        return 0
    counts = (usage.get(name) for name in ("total_tokens", "prompt_tokens"))
    return next((count for count in counts if isinstance(count, int) and count > 0), 0)
