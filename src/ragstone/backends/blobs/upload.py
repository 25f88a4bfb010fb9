"""The content of a blob on its way into a store, with a time limit that stands still while the sender is waited for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


async def first_bytes(pieces: AsyncIterator[bytes], size_bytes: int) -> bytes:
    """What the next pieces hold: at least `size_bytes`, or all there is."""
    head = bytearray()
    async for piece in pieces:
        head += piece
        if len(head) >= size_bytes:
            break
    return bytes(head)


class Upload:
    """Pieces of which the first have been read already. `failure` is what the sender raised, if it did."""

    def __init__(self, head: bytes, rest: AsyncIterator[bytes], timeout_s: float) -> None:
        self._head = head
        self._rest = rest
        self._timeout_s = timeout_s
        self.failure: Exception | None = None

    @asynccontextmanager
    async def progressing(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """The pieces. Raises `TimeoutError` when the store has not asked for the next one for `timeout_s`."""
        async with asyncio.timeout(self._timeout_s) as limit:
            yield self._pieces(limit)

    async def _pieces(self, limit: asyncio.Timeout) -> AsyncIterator[bytes]:
        yield self._head
        loop = asyncio.get_running_loop()
        while True:
            limit.reschedule(None)
            try:
                piece = await anext(self._rest)
            except StopAsyncIteration:
                return
            except Exception as error:
                self.failure = error
                raise
            finally:
                limit.reschedule(loop.time() + self._timeout_s)
            yield piece
