"""The `Cache` port on a dictionary bounded by bytes. Other processes do not see it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cachetools import TLRUCache

_OVERHEAD_BYTES: Final = 400  # Measured: what Python and the cache's own books take for each entry.


@dataclass(frozen=True, slots=True)
class _Entry:
    value: bytes
    ttl_s: float
    size_bytes: int


class MemoryCache:
    """Forgets what has expired, and what was longest unused when more than `max_bytes` would be taken.

    `timer` tells seconds that never go back.
    """

    def __init__(self, max_bytes: int, timer: Callable[[], float] = time.monotonic) -> None:
        self._entries: TLRUCache[str, _Entry] = TLRUCache(
            maxsize=max_bytes,
            ttu=lambda _, entry, now: now + entry.ttl_s,
            timer=timer,
            getsizeof=lambda entry: entry.size_bytes,
        )

    async def get(self, key: str) -> bytes | None:
        """The value, or None if it is absent or expired."""
        entry = self._entries.get(key)
        return None if entry is None else entry.value

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep the value for at most `ttl_s` seconds; one larger than the whole cache is not kept at all."""
        self._entries.pop(key, None)
        size_bytes = len(key) + len(value) + _OVERHEAD_BYTES
        if size_bytes <= self._entries.maxsize:
            self._entries[key] = _Entry(value, ttl_s, size_bytes)

    async def delete(self, key: str) -> None:
        """Forget the value. Idempotent."""
        self._entries.pop(key, None)
