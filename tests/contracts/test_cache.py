"""The cache contract, bound to every cache we ship."""

import pytest

from ragstone.backends.cache_memory.cache import MemoryCache
from ragstone.ports.cache import Cache
from ragstone.testing.cache import CacheContract


class TestMemoryCache(CacheContract):
    @pytest.fixture
    def cache(self) -> Cache:
        return MemoryCache(max_bytes=2**20)
