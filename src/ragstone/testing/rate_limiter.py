"""What every `RateLimiter` must do.

Subclass the suite in a test module, give it the fixture `limiter`, and run pytest with the anyio plugin:

    class TestMyLimiter(RateLimiterContract):
        @pytest.fixture
        def limiter(self) -> RateLimiter:
            return MyLimiter()
"""

import asyncio

import pytest

from ragstone.ports.rate_limiter import Hit, Rate, RateLimiter

_SLOW = Rate(per_minute=1, burst=10)  # Gains nothing worth mentioning while a test runs.
_WIDE = Rate(per_minute=1, burst=1_000)
_FAST = Rate(per_minute=6_000, burst=5)
_FAST_TOKEN_S = 0.011  # A token every ten milliseconds, and a little for rounding.


class RateLimiterContract:
    """Buckets that hold a burst and are filled again at an even rate."""

    @pytest.fixture
    def limiter(self) -> RateLimiter:
        """A limiter whose buckets are all full."""
        raise NotImplementedError

    async def test_a_full_bucket_allows_its_burst_and_no_more(self, limiter: RateLimiter) -> None:
        """Hit after hit."""
        decisions = [await limiter.hit(Hit("key_1", _SLOW)) for _ in range(12)]
        assert [decision.allowed for decision in decisions] == [True] * 10 + [False] * 2
        assert [decision.remaining for decision in decisions] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]

    async def test_hits_at_once_share_the_burst_exactly(self, limiter: RateLimiter) -> None:
        """However many tasks there are."""
        decisions = await asyncio.gather(*(limiter.hit(Hit("key_1", _SLOW)) for _ in range(64)))
        assert sum(decision.allowed for decision in decisions) == _SLOW.burst

    async def test_a_hit_may_cost_more_than_one_token(self, limiter: RateLimiter) -> None:
        """A refused hit takes nothing."""
        taken = await limiter.hit(Hit("key_1", _SLOW, 7))
        refused = await limiter.hit(Hit("key_1", _SLOW, 4))
        rest = await limiter.hit(Hit("key_1", _SLOW, 3))
        assert [(hit.allowed, hit.remaining) for hit in (taken, refused, rest)] == [(True, 3), (False, 3), (True, 0)]

    async def test_keys_have_buckets_of_their_own(self, limiter: RateLimiter) -> None:
        """One caller's hits are not another's."""
        assert (await limiter.hit(Hit("key_1", _SLOW, 10))).allowed
        assert not (await limiter.hit(Hit("key_1", _SLOW))).allowed
        assert (await limiter.hit(Hit("key_2", _SLOW, 10))).allowed

    async def test_a_decision_tells_the_caller_what_the_headers_need(self, limiter: RateLimiter) -> None:
        """Waits are those of the quota: a token a minute."""
        allowed = await limiter.hit(Hit("key_1", _SLOW, 10))
        assert (allowed.limit, allowed.remaining, allowed.retry_after_s) == (10, 0, 0)
        assert allowed.reset_after_s == pytest.approx(600, abs=30)
        refused = await limiter.hit(Hit("key_1", _SLOW, 2))
        assert refused.retry_after_s == pytest.approx(120, abs=30)

    async def test_a_refused_hit_passes_after_the_time_it_was_told(self, limiter: RateLimiter) -> None:
        """Which is never longer than one token takes."""
        while (await limiter.hit(Hit("key_1", _FAST))).allowed:
            pass
        refused = await limiter.hit(Hit("key_1", _FAST))
        while not refused.allowed:
            assert 0 < refused.retry_after_s <= _FAST_TOKEN_S
            await asyncio.sleep(refused.retry_after_s)
            refused = await limiter.hit(Hit("key_1", _FAST))

    async def test_a_hit_over_the_burst_never_passes(self, limiter: RateLimiter) -> None:
        """And leaves the bucket as it was."""
        assert not (await limiter.hit(Hit("key_1", _SLOW, 11))).allowed
        assert (await limiter.hit(Hit("key_1", _SLOW, 10))).allowed

    async def test_one_hit_may_be_on_several_buckets(self, limiter: RateLimiter) -> None:
        """What is told is told of the one with the fewest tokens left."""
        decision = await limiter.hit(Hit("key_1", _SLOW, 2), Hit("key_2", _SLOW, 3), Hit("key_3", _WIDE, 1))
        assert (decision.allowed, decision.key, decision.remaining) == (True, "key_2", 7)
        assert (await limiter.hit(Hit("key_1", _SLOW))).remaining == _SLOW.burst - 3
        assert (await limiter.hit(Hit("key_3", _WIDE))).remaining == _WIDE.burst - 2

    async def test_what_one_bucket_refuses_is_taken_from_none(self, limiter: RateLimiter) -> None:
        """Wherever it stands among them; and the one that has to be waited for is named."""
        await limiter.hit(Hit("empty", _SLOW, 10))
        for hits in ((Hit("empty", _SLOW), Hit("full", _SLOW, 4)), (Hit("full", _SLOW, 4), Hit("empty", _SLOW))):
            refused = await limiter.hit(*hits)
            assert (refused.allowed, refused.key, refused.remaining) == (False, "empty", 0)
            assert refused.retry_after_s == pytest.approx(60, abs=15)
        assert (await limiter.hit(Hit("full", _SLOW, 10))).allowed

    async def test_of_two_refusals_the_longer_one_is_told(self, limiter: RateLimiter) -> None:
        """Nobody has to come back twice."""
        await limiter.hit(Hit("key_1", _SLOW, 10), Hit("key_2", _SLOW, 8))
        refused = await limiter.hit(Hit("key_1", _SLOW, 3), Hit("key_2", _SLOW, 10))
        assert (refused.key, refused.remaining) == ("key_2", 2)
        assert refused.retry_after_s == pytest.approx(480, abs=30)

    async def test_hits_at_once_on_several_buckets_share_them_exactly(self, limiter: RateLimiter) -> None:
        """64 callers, each with a bucket of its own beside the one they share: whoever is refused keeps all of it."""
        callers = [f"caller_{number}" for number in range(64)]
        hits = (limiter.hit(Hit("shared", _SLOW), Hit(caller, _SLOW, 10)) for caller in callers)
        decisions = await asyncio.gather(*hits)
        assert sum(decision.allowed for decision in decisions) == _SLOW.burst
        untouched = [await limiter.hit(Hit(caller, _SLOW, 10)) for caller in callers]
        assert [hit.allowed for hit in untouched] == [not decision.allowed for decision in decisions]

    async def test_a_hit_that_costs_nothing_asks_whether_a_token_is_there(self, limiter: RateLimiter) -> None:
        """And takes none."""
        for _ in range(20):
            assert (await limiter.hit(Hit("key_1", _SLOW, 0))).remaining == _SLOW.burst
        await limiter.hit(Hit("key_1", _SLOW, 10))
        refused = await limiter.hit(Hit("key_1", _SLOW, 0))
        assert (refused.allowed, refused.remaining) == (False, 0)
        assert refused.retry_after_s == pytest.approx(60, abs=15)
