"""JSON as it is taken from outside."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.kit.strict_json import MAX_DEPTH, JsonInvalid, parse_json

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


@given(VALUES)
def test_whatever_is_plain_json_is_read_as_it_is(value: Any) -> None:
    for ascii_only in (True, False):
        assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "Expecting value: line 1 column 1"),
        (b'{"a": 1,}', "line 1 column"),
        (b'{"a": 1} {"b": 2}', "Extra data"),
        (b'{"a": 1, "b": 2, "a": 1}', 'the key "a" is given twice'),
        (b'[{"x": {"y": 1, "\\u0079": 2}}]', 'the key "y" is given twice'),
        (b'{"a": NaN}', "NaN is no JSON"),
        (b"[-Infinity]", "-Infinity is no JSON"),
        (b"[1e400]", "the number 1e400 is too large"),
        (b"9" * 5000, "integer"),
        (b'"\xff"', "not UTF-8: byte 1"),
        ('"x"'.encode("utf-16"), "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b'{"a": ["\\ud800"]}', "half of a surrogate pair (\\ud800 to \\udfff), which is no character at #/a/0"),
        (b'"\\udfff\\ud800"', "half of a surrogate pair"),
        (b'{"\\udc00": 1}', "half of a surrogate pair"),
        (b'{"a": {"b": "x\\u0000y"}}', "a NUL character (\\u0000) at #/a/b"),
        (b'{"\\u0000": 1}', "a NUL character (\\u0000) at #"),
        (b'"\x00"', "Invalid control character"),
        (b'"\n"', "Invalid control character"),
    ],
)
def test_what_others_shrug_at_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(JsonInvalid) as caught:
        parse_json(body)
    assert reason in caught.value.msg


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 1_000, 200_000])
def test_deep_nesting_is_refused_and_as_much_as_is_allowed_is_not(depth: int) -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        allowed = opening * MAX_DEPTH + b"1" + closing * MAX_DEPTH
        assert parse_json(b"[" + b",".join([b"[]"] * 200) + b"]") == [[]] * 200
        assert parse_json(allowed)
        with pytest.raises(JsonInvalid, match=f"nested deeper than {MAX_DEPTH}"):
            parse_json(opening * depth + b"1" + closing * depth)


def test_escapes_that_only_look_like_halves_are_read() -> None:
    assert parse_json(b'"\\ud83d\\ude00 \\\\ud800 \\\\u0000"') == "\U0001f600 \\ud800 \\u0000"
    assert parse_json(b"\xef\xbb\xbf1") == 1


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(JsonInvalid):
        assert parse_json(body) == json.loads(body)
