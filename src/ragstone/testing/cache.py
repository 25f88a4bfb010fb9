"""What every `Cache` must do.

Subclass the suite in a test module, give it the fixture `cache`, and run pytest with the anyio plugin:

    class TestMyCache(CacheContract):
        @pytest.fixture
        def cache(self) -> Cache:
            return MyCache()
"""

import pytest

from ragstone.ports.cache import Cache

_LONG_S = 3600.0


class CacheContract:
    """Bytes by key, until they expire."""

    @pytest.fixture
    def cache(self) -> Cache:
        """An empty cache."""
        raise NotImplementedError

    async def test_what_was_never_set_is_absent(self, cache: Cache) -> None:
        """None, not an error."""
        assert await cache.get("ten_1:absent") is None

    @pytest.mark.parametrize("value", [b"", b"\x00\xff", b"x" * 100_000])
    async def test_a_value_comes_back_byte_by_byte(self, cache: Cache, value: bytes) -> None:
        """Empty and binary ones too."""
        await cache.set("ten_1:key", value, _LONG_S)
        assert await cache.get("ten_1:key") == value

    async def test_the_last_value_set_counts(self, cache: Cache) -> None:
        """Setting again replaces."""
        await cache.set("ten_1:key", b"old", _LONG_S)
        await cache.set("ten_1:key", b"new", _LONG_S)
        assert await cache.get("ten_1:key") == b"new"

    async def test_keys_do_not_meet(self, cache: Cache) -> None:
        """Every character of a key counts."""
        await cache.set("ten_1:key", b"one", _LONG_S)
        await cache.set("ten_2:key", b"two", _LONG_S)
        await cache.set("ten_1:kéy مفتاح", b"three", _LONG_S)
        assert [await cache.get(key) for key in ("ten_1:key", "ten_2:key", "ten_1:kéy مفتاح")] == [
            b"one",
            b"two",
            b"three",
        ]

    async def test_deleting_forgets_and_may_be_repeated(self, cache: Cache) -> None:
        """An absent key may be deleted."""
        await cache.set("ten_1:key", b"value", _LONG_S)
        await cache.delete("ten_1:key")
        await cache.delete("ten_1:key")
        assert await cache.get("ten_1:key") is None

    async def test_a_value_without_time_to_live_is_not_kept(self, cache: Cache) -> None:
        """And the one before it is gone."""
        await cache.set("ten_1:key", b"old", _LONG_S)
        await cache.set("ten_1:key", b"new", 0.0)
        assert await cache.get("ten_1:key") is None
