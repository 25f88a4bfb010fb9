"""What the memory limiter adds to the contract."""

from ragstone.backends.limits_memory.rate_limiter import MemoryRateLimiter
from ragstone.ports.rate_limiter import Hit, Rate

SLOW = Rate(per_minute=1, burst=1)


async def test_it_remembers_only_the_buckets_last_used() -> None:
    limiter = MemoryRateLimiter(max_keys=2)
    assert (await limiter.hit(Hit("key_1", SLOW))).allowed
    assert (await limiter.hit(Hit("key_2", SLOW))).allowed
    assert not (await limiter.hit(Hit("key_1", SLOW))).allowed
    assert (await limiter.hit(Hit("key_3", SLOW))).allowed
    assert not (await limiter.hit(Hit("key_1", SLOW))).allowed
    assert (await limiter.hit(Hit("key_2", SLOW))).allowed


async def test_two_limiters_share_nothing() -> None:
    assert (await MemoryRateLimiter().hit(Hit("key_1", SLOW))).allowed
    assert (await MemoryRateLimiter().hit(Hit("key_1", SLOW))).allowed
