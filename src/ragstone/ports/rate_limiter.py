"""Token buckets."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Quota:
    """A bucket that holds `burst` tokens and gains `per_minute` of them each minute."""

    per_minute: int
    burst: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a hit is allowed, and what the caller should be told."""

    allowed: bool
    limit: int
    remaining: int
    reset_after_s: float
    retry_after_s: float


class RateLimiter(Protocol):
    """Counts hits by key. A limiter that is down lets everything pass."""

    async def hit(self, key: str, quota: Quota, cost: int = 1) -> Decision:
        """Take `cost` tokens from the bucket of `key` if it holds that many; atomic under concurrency."""
        ...
