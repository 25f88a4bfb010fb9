"""The `RateLimiter` port in the memory of this process. Other processes count for themselves."""

from typing import Final

from throttled.asyncio import MemoryStore

from ragstone.backends.limits_memory.take_from_all import TakeFromAll
from ragstone.ports.rate_limiter import Decision, Hit

_MAX_KEYS: Final = 100_000
_MINUTE_S: Final = 60.0


class MemoryRateLimiter:
    """Token buckets, of which the `max_keys` last used are remembered; a forgotten bucket is a full one."""

    def __init__(self, max_keys: int = _MAX_KEYS) -> None:
        self._take = MemoryStore(options={"MAX_SIZE": max_keys}).make_atomic(TakeFromAll)

    async def hit(self, *hits: Hit) -> Decision:
        """Take the tokens of every hit if each bucket holds that many, or none at all."""
        arguments: list[float] = []
        for hit in hits:
            arguments += (_MINUTE_S / hit.rate.per_minute, hit.rate.burst, hit.cost)
        allowed, place, remaining, reset_after_s, retry_after_s = await self._take.do(
            [hit.key for hit in hits], arguments
        )
        tightest = hits[int(place)]
        return Decision(bool(allowed), tightest.key, tightest.rate.burst, int(remaining), reset_after_s, retry_after_s)
