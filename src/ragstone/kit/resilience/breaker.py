"""A circuit breaker: callers of something that is down are told so at once, instead of waiting for it one by one.

After Nygard, "Release It!" (2007), chapter "Stability Patterns".
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_GROWTH: Final = 2.0


class Circuit(StrEnum):
    """`open` refuses every call, `half_open` lets one through to see whether the pause has helped."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitOpen(Exception):
    """The call was not made. `reason` is what opened the circuit; after `retry_after_s` one call is let through.

    `verdict` is the error for which it was opened at once, if it was.
    """

    def __init__(self, name: str, reason: str, retry_after_s: float, verdict: Exception | None = None) -> None:
        self.verdict = verdict
        self.name = name
        self.reason = reason
        self.retry_after_s = retry_after_s
        super().__init__(f"{name}: {reason} (next try in {retry_after_s:.0f} s)")


@dataclass(frozen=True, slots=True)
class BreakerState:
    """What an operator sees of a breaker. `reason` tells of the latest failure, if any since the last success."""

    name: str
    circuit: Circuit
    failures: int
    reason: str
    retry_after_s: float


class Breaker:
    """Opens after `threshold` failures in a row, for a pause that doubles up to `longest_pause_s` while they go on.

    For one event loop. `monotonic` tells seconds.
    """

    def __init__(
        self,
        name: str,
        *,
        threshold: int = 5,
        pause_s: float = 5.0,
        longest_pause_s: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._threshold = threshold
        self._first_pause_s = pause_s
        self._longest_pause_s = max(pause_s, longest_pause_s)
        self._monotonic = monotonic
        self._failures = 0
        self._reason = ""
        self._verdict: Exception | None = None
        self._next_pause_s = pause_s
        self._open_until: float | None = None
        self._is_probing = False

    @property
    def state(self) -> BreakerState:
        """What it does with the next call, and why."""
        wait_s = 0.0 if self._open_until is None else max(0.0, self._open_until - self._monotonic())
        circuit = Circuit.CLOSED if self._open_until is None else Circuit.OPEN if wait_s else Circuit.HALF_OPEN
        return BreakerState(self.name, circuit, self._failures, self._reason, wait_s)

    @contextmanager
    def call(self, *failures: type[Exception]) -> Iterator[None]:
        """Let one call through, and learn from how it ends. Raises `CircuitOpen`.

        One of `failures` counts against the other side; any other exception is an answer of it, and so counts for it;
        a cancellation says nothing.
        """
        self._admit()
        is_probe = self._is_probing = self._open_until is not None
        try:
            yield
        except failures as error:
            self._fail(str(error) or type(error).__name__, is_probe=is_probe)
            raise
        except Exception:
            self._succeed(is_probe=is_probe)
            raise
        else:
            self._succeed(is_probe=is_probe)
        finally:
            if is_probe:
                self._is_probing = False

    def trip(self, verdict: Exception, pause_s: float) -> None:
        """Open at once, as the other side has said that asking again is of no use before somebody acts."""
        self._verdict = verdict
        self._reason = str(verdict)
        self._open_until = self._monotonic() + pause_s

    def _admit(self) -> None:
        state = self.state
        if state.circuit is Circuit.OPEN or (state.circuit is Circuit.HALF_OPEN and self._is_probing):
            raise CircuitOpen(self.name, self._reason, state.retry_after_s, self._verdict)

    def _fail(self, reason: str, *, is_probe: bool) -> None:
        self._failures += 1
        self._reason, self._verdict = reason, None
        # Calls that began before the circuit opened still end afterwards; only the probe may prolong the pause.
        if is_probe or (self._open_until is None and self._failures >= self._threshold):
            self._open_until = self._monotonic() + self._next_pause_s
            self._next_pause_s = min(self._longest_pause_s, self._next_pause_s * _GROWTH)

    def _succeed(self, *, is_probe: bool) -> None:
        if is_probe or self._open_until is None:
            self._failures, self._reason, self._verdict = 0, "", None
            self._open_until = None
            self._next_pause_s = self._first_pause_s
