"""What every `RateLimiter` must do.

Subclass the suite in a test module, give it the fixture `limiter`, and run pytest with the anyio plugin:

    class TestMyLimiter(RateLimiterContract):
        @pytest.fixture
        def limiter(self) -> RateLimiter:
            return MyLimiter()
"""

import asyncio

import pytest

from ragstone.ports.rate_limiter import Quota, RateLimiter

_SLOW = Quota(per_minute=1, burst=10)  # Gains nothing worth mentioning while a test runs.
_FAST = Quota(per_minute=6_000, burst=5)
_FAST_TOKEN_S = 0.011  # A token every ten milliseconds, and a little for rounding.


class RateLimiterContract:
    """Buckets that hold a burst and are filled again at an even rate."""

    @pytest.fixture
    def limiter(self) -> RateLimiter:
        """A limiter whose buckets are all full."""
        raise NotImplementedError

    async def test_a_full_bucket_allows_its_burst_and_no_more(self, limiter: RateLimiter) -> None:
        """Hit after hit."""
        decisions = [await limiter.hit("key_1", _SLOW) for _ in range(12)]
        assert [decision.allowed for decision in decisions] == [True] * 10 + [False] * 2
        assert [decision.remaining for decision in decisions] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]

    async def test_hits_at_once_share_the_burst_exactly(self, limiter: RateLimiter) -> None:
        """However many tasks there are."""
        decisions = await asyncio.gather(*(limiter.hit("key_1", _SLOW) for _ in range(50)))
        assert sum(decision.allowed for decision in decisions) == _SLOW.burst

    async def test_a_hit_may_cost_more_than_one_token(self, limiter: RateLimiter) -> None:
        """A refused hit takes nothing."""
        taken = await limiter.hit("key_1", _SLOW, cost=7)
        refused = await limiter.hit("key_1", _SLOW, cost=4)
        rest = await limiter.hit("key_1", _SLOW, cost=3)
        assert [(hit.allowed, hit.remaining) for hit in (taken, refused, rest)] == [(True, 3), (False, 3), (True, 0)]

    async def test_keys_have_buckets_of_their_own(self, limiter: RateLimiter) -> None:
        """One caller's hits are not another's."""
        assert (await limiter.hit("key_1", _SLOW, cost=10)).allowed
        assert not (await limiter.hit("key_1", _SLOW)).allowed
        assert (await limiter.hit("key_2", _SLOW, cost=10)).allowed

    async def test_a_decision_tells_the_caller_what_the_headers_need(self, limiter: RateLimiter) -> None:
        """Waits are those of the quota: a token a minute."""
        allowed = await limiter.hit("key_1", _SLOW, cost=10)
        assert (allowed.limit, allowed.remaining, allowed.retry_after_s) == (10, 0, 0)
        assert allowed.reset_after_s == pytest.approx(600, abs=30)
        refused = await limiter.hit("key_1", _SLOW, cost=2)
        assert refused.retry_after_s == pytest.approx(120, abs=30)

    async def test_a_refused_hit_passes_after_the_time_it_was_told(self, limiter: RateLimiter) -> None:
        """Which is never longer than one token takes."""
        while (await limiter.hit("key_1", _FAST)).allowed:
            pass
        refused = await limiter.hit("key_1", _FAST)
        while not refused.allowed:
            assert 0 < refused.retry_after_s <= _FAST_TOKEN_S
            await asyncio.sleep(refused.retry_after_s)
            refused = await limiter.hit("key_1", _FAST)

    async def test_a_hit_over_the_burst_never_passes(self, limiter: RateLimiter) -> None:
        """And leaves the bucket as it was."""
        assert not (await limiter.hit("key_1", _SLOW, cost=11)).allowed
        assert (await limiter.hit("key_1", _SLOW, cost=10)).allowed
