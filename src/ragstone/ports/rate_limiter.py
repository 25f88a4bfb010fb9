"""Token buckets."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Rate:
    """How a bucket is filled: it holds `burst` tokens and gains `per_minute` of them each minute."""

    per_minute: int
    burst: int


@dataclass(frozen=True, slots=True)
class Hit:
    """Tokens to be taken from the bucket of a key. A cost of 0 takes nothing, but asks that one token be there."""

    key: str
    rate: Rate
    cost: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether hits are allowed, and how the tightest of their buckets stands, which is named by its `key`."""

    allowed: bool
    key: str
    limit: int
    remaining: int
    reset_after_s: float
    retry_after_s: float


class RateLimiter(Protocol):
    """Counts hits by key. A limiter that is down lets everything pass."""

    async def hit(self, *hits: Hit) -> Decision:
        """Take the tokens of every hit if each bucket holds that many, or none at all; atomic under concurrency.

        The tightest bucket is the one with the fewest tokens left; of a refusal, the one that refuses for longest.
        No two hits may name the same key.
        """
        ...
