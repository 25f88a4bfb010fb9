"""How much is asked of another program: so much a minute, and so many calls at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

_BURST_S: Final = 1.0


class TokenBucket:
    """At most `per_minute` tokens a minute, evenly: no more than a second's worth may be saved up.

    A taker waits until the bucket is not empty and may then take more than is in it; whoever comes next waits the
    longer. So a request larger than the bucket is possible, and the rate holds all the same.
    """

    def __init__(
        self,
        per_minute: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._per_second = per_minute / 60
        self._capacity = max(1.0, self._per_second * _BURST_S)
        self._monotonic = monotonic
        self._sleep = sleep
        self._tokens = self._capacity
        self._filled_at = monotonic()
        self._turn = asyncio.Lock()

    async def take(self, tokens: float) -> None:
        """Wait for one's turn, and take."""
        async with self._turn:
            self._fill()
            if self._tokens < min(tokens, self._capacity):
                await self._sleep((min(tokens, self._capacity) - self._tokens) / self._per_second)
                self._fill()
            self._tokens -= tokens

    def spend(self, tokens: float) -> None:
        """Take without waiting, for what must not wait; others wait the longer."""
        self._fill()
        self._tokens -= tokens

    def _fill(self) -> None:
        now = self._monotonic()
        self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._per_second)
        self._filled_at = now


class AdaptiveLimit:
    """Calls at once, from one to `most`: halved when the other side is overrun, one more for each round that went well.

    Additive increase, multiplicative decrease, as TCP does (Chiu and Jain, 1989). For one event loop.
    """

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._allowed = float(most)
        self._running = 0
        self._changed = asyncio.Condition()
        self._paused_until = 0.0
        self._monotonic = monotonic

    @property
    def allowed(self) -> int:
        """How many calls may run at once now."""
        return int(self._allowed)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a place and for the end of a pause, and keep the place while the block runs."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._running < self.allowed)
            self._running += 1
        try:
            await self._pause_is_over()
            yield
        finally:
            async with self._changed:
                self._running -= 1
                self._changed.notify_all()

    async def _pause_is_over(self) -> None:
        while (pause_s := self._paused_until - self._monotonic()) > 0:  # noqa: ASYNC110 - Time is what it waits for.
            await asyncio.sleep(pause_s)

    def pause(self, seconds: float) -> None:
        """Let no further call begin for a while."""
        self._paused_until = max(self._paused_until, self._monotonic() + seconds)

    def overrun(self, pause_s: float) -> None:
        """The other side was asked too much: half as many at once, after a pause.

        Calls that fail during that pause were under way together, and count once.
        """
        if self._monotonic() >= self._paused_until:
            self._allowed = max(1.0, self._allowed / 2)
        self.pause(pause_s)

    def went_well(self) -> None:
        """A call was answered in time."""
        self._allowed = min(float(self._most), self._allowed + 1 / self._allowed)
