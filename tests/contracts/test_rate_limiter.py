"""The rate limiter contract, bound to every limiter we ship."""

import pytest

from ragstone.backends.limits_memory.rate_limiter import MemoryRateLimiter
from ragstone.ports.rate_limiter import RateLimiter
from ragstone.testing.rate_limiter import RateLimiterContract


class TestMemoryRateLimiter(RateLimiterContract):
    @pytest.fixture
    def limiter(self) -> RateLimiter:
        return MemoryRateLimiter()
