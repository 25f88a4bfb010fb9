"""What the memory limiter adds to the contract."""

from ragstone.backends.limits_memory.rate_limiter import MemoryRateLimiter
from ragstone.ports.rate_limiter import Quota

QUOTA = Quota(per_minute=1, burst=1)


async def test_it_remembers_only_the_buckets_last_used() -> None:
    limiter = MemoryRateLimiter(max_keys=2)
    assert (await limiter.hit("key_1", QUOTA)).allowed
    assert (await limiter.hit("key_2", QUOTA)).allowed
    assert not (await limiter.hit("key_1", QUOTA)).allowed
    assert (await limiter.hit("key_3", QUOTA)).allowed
    assert not (await limiter.hit("key_1", QUOTA)).allowed
    assert (await limiter.hit("key_2", QUOTA)).allowed


async def test_two_limiters_share_nothing() -> None:
    assert (await MemoryRateLimiter().hit("key_1", QUOTA)).allowed
    assert (await MemoryRateLimiter().hit("key_1", QUOTA)).allowed
