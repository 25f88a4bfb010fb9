"""One way to try again, for every call to another program."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

_Result = TypeVar("_Result")


class TransientError(Exception):
    """A call failed in a way that may pass. The other side asks to be left alone for `retry_after_s`."""

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class DeadlineExceeded(TransientError):
    """The time for a call and all its repetitions is over."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `attempts` calls within `deadline_s`; pauses grow from `first_pause_s` to `longest_pause_s`.

    A pause is drawn from the upper half of its range, so that callers who failed together do not come back together,
    and is never shorter than what the other side asks for. A pause that would end after the deadline is not begun.
    """

    attempts: int = 4
    first_pause_s: float = 0.5
    longest_pause_s: float = 8.0
    deadline_s: float = 60.0

    async def run(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        """The result of the first call that gets one. Any error but a `TransientError` ends it at once.

        Raises the last call's `TransientError`, and `DeadlineExceeded` if a call was still under way.
        """
        ends_at = time.monotonic() + self.deadline_s
        n_failed = 0

        def pause_s(error: Exception) -> float | bool:
            nonlocal n_failed
            n_failed += 1
            if not isinstance(error, TransientError) or isinstance(error, DeadlineExceeded):
                return False
            pause = max(error.retry_after_s, self._backoff_s(n_failed))
            return pause if time.monotonic() + pause < ends_at else False

        async for attempt in stamina.retry_context(on=pause_s, attempts=self.attempts, timeout=None):
            with attempt:
                return await self._within(ends_at, call)
        raise AssertionError("the last attempt raises")

    async def _within(self, ends_at: float, call: Callable[[], Awaitable[_Result]]) -> _Result:
        limit = asyncio.timeout(max(0.0, ends_at - time.monotonic()))
        try:
            async with limit:
                return await call()
        except TimeoutError:
            if limit.expired():
                raise DeadlineExceeded(f"no answer within {self.deadline_s:g} s") from None
            raise

    def _backoff_s(self, n_failed: int) -> float:
        ceiling: float = min(self.longest_pause_s, self.first_pause_s * 2.0 ** (n_failed - 1))
        return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - Jitter needs no secrecy.
