"""Replies as servers write them."""

import base64
import json
from collections.abc import Mapping

import numpy as np
import pytest
from tests.backends.embed_openai.server import items

from ragstone.backends.embed_openai.failures import duration_s, failure_of, retry_after_s
from ragstone.backends.embed_openai.options import Options
from ragstone.backends.embed_openai.wire import ReplyInvalid, read_reply
from ragstone.kit.resilience.retry import TransientError

A, B, C = [1.0, 0.0], [0.0, 1.0], [0.6, 0.8]


@pytest.mark.parametrize(
    ("vectors", "indices"),
    [
        ([A, B, C], [0, 1, 2]),
        ([A, B, C], [None, None, None]),
        ([A, B, C], [None, 1, 2]),
        ([C, B, A], [2, 1, None]),
        ([B, C, A], [1, 2, 0]),
    ],
    ids=["in order", "no index", "zero left out", "zero left out, out of order", "out of order"],
)
def test_vectors_find_their_texts(vectors: list[list[float]], indices: list[int | None]) -> None:
    reply = read_reply(items(vectors, indices).content, 3)
    np.testing.assert_allclose(reply.vectors, [A, B, C])
    assert reply.vectors.dtype == np.float32


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "no list"),
        (b'{"data": null}', "no list"),
        (b'{"data": [1, 2]}', "no list"),
        (items([A], [0]).content, "1 vectors for 2 texts"),
        (items([A, B, C], [0, 1, 2]).content, "3 vectors for 2 texts"),
        (items([A, B], [0, 0]).content, "do not number"),
        (items([A, B], [1, 2]).content, "do not number"),
        (items([A, [1.0]], [0, 1]).content, "one size"),
        (items([[], []], [0, 1]).content, "one size"),
        (items([A, None], [0, 1]).content, "no vector"),
        (items([A, ["x", "y"]], [0, 1]).content, "else than numbers"),
        (items([A, [[1.0], [2.0]]], [0, 1]).content, "else than numbers"),
        (items([A, "!!!"], [0, 1]).content, "base64"),
        (items([A, "AAAAAA=="], [0, 1]).content, "one size"),
    ],
)
def test_a_reply_that_cannot_be_matched_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ReplyInvalid, match=reason):
        read_reply(content, 2)


def test_numbers_and_base64_are_both_read_whatever_was_asked_for() -> None:
    packed = base64.b64encode(np.array(B, dtype="<f4").tobytes()).decode()
    np.testing.assert_allclose(read_reply(items([A, packed], [0, 1]).content, 2).vectors, [A, B])


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [({"prompt_tokens": 7}, 7), ({"prompt_tokens": 7, "total_tokens": 8}, 8), ({}, 0), (None, 0), ("many", 0)],
)
def test_usage_is_read_where_it_is_told(usage: object, tokens: int) -> None:
    body = json.dumps({"data": [{"embedding": A}], "usage": usage}).encode()
    assert read_reply(body, 1).n_tokens == tokens


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360),
        ("1s", 1),
        ("120ms", 0.12),
        ("1h2m3.5s", 3723.5),
        ("20", 20),
        ("0.5", 0.5),
        ("soon", 0),
        ("", 0),
        ("-3", 0),
    ],
)
def test_durations_are_read_as_providers_write_them(text: str, seconds: float) -> None:
    assert duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "9"}, 9),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT", "date": "Sat, 21 Nov 2026 12:00:00 GMT"}, 30),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 360),
        ({"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "6m0s"}, 0),
        ({}, 0),
    ],
)
def test_how_long_to_wait_is_taken_from_whichever_header_tells(headers: Mapping[str, str], seconds: float) -> None:
    assert retry_after_s(headers) == pytest.approx(seconds)


def test_google_tells_in_the_body_how_long_to_wait() -> None:
    body = [{"error": {"code": 429, "message": "Quota exceeded", "details": [{"retryDelay": "34.5s"}]}}]
    failure = failure_of(Options("m", "http://x/v1"), 429, {}, json.dumps(body).encode())
    assert isinstance(failure, TransientError)
    assert failure.retry_after_s == 34.5
    assert str(failure) == "429: Quota exceeded"
