"""Keys and names are the same thing written twice, and no key leads out of the store."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.backends.blobs.keys import BlobKeyInvalid, to_key, to_name

segments = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1, max_size=15)
keys = st.lists(segments.filter(lambda segment: segment not in {".", ".."}), min_size=1, max_size=4).map("/".join)


@given(keys)
def test_a_name_gives_back_its_key_and_is_plain(key: str) -> None:
    name = to_name(key)
    assert to_key(name) == key
    assert re.fullmatch(r"[A-Za-z0-9/_.~%-]+", name)


@given(keys, keys)
def test_different_keys_have_different_names(one: str, other: str) -> None:
    assert (to_name(one) == to_name(other)) == (one == other)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/absolute",
        "a//b",
        "a/",
        "..",
        "../up",
        "a/../../b",
        "a/./b",
        "x" * 300,
        "ك" * 50,
        "\ud800",
        "a/" * 500 + "b",
    ],
)
def test_a_key_that_is_no_plain_path_is_refused(key: str) -> None:
    with pytest.raises(BlobKeyInvalid):
        to_name(key)


def test_what_looks_like_a_climb_when_decoded_stays_inside() -> None:
    assert to_name("a/%2e%2e/b") == "a/%252e%252e/b"
