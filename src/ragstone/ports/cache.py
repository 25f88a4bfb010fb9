"""Values that may be forgotten at any time."""

from typing import Protocol


class Cache(Protocol):
    """Bytes by key. Keys begin with the tenant id wherever the value depends on a tenant.

    A cache that is down behaves as an empty one.
    """

    async def get(self, key: str) -> bytes | None:
        """The value, or None if it is absent or expired."""
        ...

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep the value for at most `ttl_s` seconds."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the value. Idempotent."""
        ...
