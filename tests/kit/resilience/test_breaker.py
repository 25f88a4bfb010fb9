import asyncio

import pytest

from ragstone.kit.resilience.breaker import Breaker, Circuit, CircuitOpen


class Seconds:
    """A monotonic clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def breaker(seconds: Seconds) -> Breaker:
    return Breaker("example", threshold=2, pause_s=10, longest_pause_s=30, monotonic=seconds)


def fail(breaker: Breaker) -> None:
    with pytest.raises(ConnectionError), breaker.call(ConnectionError):
        raise ConnectionError("refused")


def succeed(breaker: Breaker) -> None:
    with breaker.call(ConnectionError):
        pass


def circuit(breaker: Breaker) -> Circuit:
    return breaker.state.circuit


def test_failures_in_a_row_open_the_circuit(breaker: Breaker) -> None:
    fail(breaker)
    succeed(breaker)
    fail(breaker)
    assert circuit(breaker) is Circuit.CLOSED
    fail(breaker)
    assert circuit(breaker) is Circuit.OPEN
    with pytest.raises(CircuitOpen) as refused:
        succeed(breaker)
    assert refused.value.reason == "refused"
    assert refused.value.retry_after_s == 10


def test_an_answer_that_is_no_failure_closes_the_row(breaker: Breaker) -> None:
    fail(breaker)
    with pytest.raises(ValueError, match="no"), breaker.call(ConnectionError):
        raise ValueError("no")
    fail(breaker)
    assert circuit(breaker) is Circuit.CLOSED


def test_one_call_is_let_through_after_the_pause_and_closes_the_circuit(breaker: Breaker, seconds: Seconds) -> None:
    fail(breaker)
    fail(breaker)
    seconds.now = 10
    assert circuit(breaker) is Circuit.HALF_OPEN
    with breaker.call(ConnectionError), pytest.raises(CircuitOpen):
        succeed(breaker)
    assert circuit(breaker) is Circuit.CLOSED
    assert breaker.state.reason == ""


def test_pauses_grow_up_to_the_longest_and_begin_anew_after_a_success(breaker: Breaker, seconds: Seconds) -> None:
    fail(breaker)
    fail(breaker)
    pauses = [breaker.state.retry_after_s]
    for _ in range(3):
        seconds.now += breaker.state.retry_after_s
        fail(breaker)
        pauses.append(breaker.state.retry_after_s)
    assert pauses == [10, 20, 30, 30]
    seconds.now += 30
    succeed(breaker)
    fail(breaker)
    fail(breaker)
    assert breaker.state.retry_after_s == 10


async def test_a_cancelled_probe_leaves_its_place_to_the_next(breaker: Breaker, seconds: Seconds) -> None:
    fail(breaker)
    fail(breaker)
    seconds.now = 10
    with pytest.raises(asyncio.CancelledError), breaker.call(ConnectionError):
        raise asyncio.CancelledError
    succeed(breaker)
    assert circuit(breaker) is Circuit.CLOSED


def test_a_call_that_began_before_the_circuit_opened_does_not_prolong_the_pause(
    breaker: Breaker, seconds: Seconds
) -> None:
    with pytest.raises(ConnectionError), breaker.call(ConnectionError):
        fail(breaker)
        fail(breaker)
        seconds.now = 4
        raise ConnectionError("late")
    assert breaker.state.retry_after_s == 6


def test_it_can_be_opened_at_once(breaker: Breaker, seconds: Seconds) -> None:
    verdict = PermissionError("out of credit")
    breaker.trip(verdict, 300)
    with pytest.raises(CircuitOpen, match="out of credit") as refused:
        succeed(breaker)
    assert refused.value.verdict is verdict
    seconds.now = 300
    succeed(breaker)
    assert circuit(breaker) is Circuit.CLOSED
