"""Expiry and bounds of the memory cache, by a clock the test turns."""

import pytest

from ragstone.backends.cache_memory.cache import MemoryCache


class Timer:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def timer() -> Timer:
    return Timer()


async def test_a_value_lives_as_long_as_it_was_given(timer: Timer) -> None:
    cache = MemoryCache(10_000, timer)
    await cache.set("short", b"1", ttl_s=5)
    await cache.set("long", b"2", ttl_s=50)
    timer.now_s += 4.9
    assert await cache.get("short") == b"1"
    timer.now_s += 0.2
    assert await cache.get("short") is None
    assert await cache.get("long") == b"2"


async def test_reading_does_not_lengthen_a_life(timer: Timer) -> None:
    cache = MemoryCache(10_000, timer)
    await cache.set("key", b"1", ttl_s=5)
    for _ in range(5):
        await cache.get("key")
        timer.now_s += 1
    assert await cache.get("key") is None


async def test_what_was_longest_unused_makes_room(timer: Timer) -> None:
    cache = MemoryCache(10_000, timer)
    for number in range(3):
        await cache.set(f"key_{number}", b"x" * 2500, ttl_s=100)
    await cache.get("key_0")
    await cache.set("key_3", b"x" * 2500, ttl_s=100)
    assert [await cache.get(f"key_{number}") is not None for number in range(4)] == [True, False, True, True]


async def test_many_small_values_stay_within_the_bound(timer: Timer) -> None:
    cache = MemoryCache(10_000, timer)
    for number in range(1000):
        await cache.set(f"key_{number}", b"", ttl_s=100)
    kept = [number for number in range(1000) if await cache.get(f"key_{number}") is not None]
    assert 0 < len(kept) < 30
    assert kept == list(range(kept[0], 1000))


async def test_a_value_larger_than_the_cache_is_not_kept_and_drops_nothing_else(timer: Timer) -> None:
    cache = MemoryCache(10_000, timer)
    await cache.set("small", b"1", ttl_s=100)
    await cache.set("large", b"old", ttl_s=100)
    await cache.set("large", b"x" * 10_000, ttl_s=100)
    assert await cache.get("large") is None
    assert await cache.get("small") == b"1"
