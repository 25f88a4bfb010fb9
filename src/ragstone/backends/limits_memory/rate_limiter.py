"""The `RateLimiter` port in the memory of this process. Other processes count for themselves."""

from datetime import timedelta
from typing import Final

from throttled.asyncio import MemoryStore, RateLimiterType, Throttled, rate_limiter

from ragstone.ports.rate_limiter import Decision, Quota

_MAX_KEYS: Final = 100_000
_MINUTE: Final = timedelta(minutes=1)


class MemoryRateLimiter:
    """Token buckets, of which the `max_keys` last used are remembered; a forgotten bucket is a full one.

    They are kept as a theoretical arrival time (the generic cell rate algorithm, ITU-T I.371), which is the same
    bucket with exact refilling; the library's own bucket counts whole seconds and loses fractions of tokens.
    """

    def __init__(self, max_keys: int = _MAX_KEYS) -> None:
        self._store = MemoryStore(options={"MAX_SIZE": max_keys})

    async def hit(self, key: str, quota: Quota, cost: int = 1) -> Decision:
        """Take `cost` tokens from the bucket of `key` if it holds that many."""
        rate = rate_limiter.per_duration(_MINUTE, quota.per_minute, quota.burst)
        limiter = Throttled(using=RateLimiterType.GCRA.value, quota=rate, store=self._store)
        result = await limiter.limit(key, cost)
        state = result.state
        return Decision(not result.limited, state.limit, state.remaining, state.reset_after, state.retry_after)
