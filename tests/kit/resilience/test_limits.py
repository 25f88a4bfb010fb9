import asyncio

import pytest

from ragstone.kit.resilience.limits import AdaptiveLimit, TokenBucket


class Time:
    """Passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


async def test_a_minute_has_no_more_tokens_than_it_should(time: Time) -> None:
    bucket = TokenBucket(600, monotonic=time.monotonic, sleep=time.sleep)
    for _ in range(1210):
        await bucket.take(1)
    assert time.now == pytest.approx(120)


async def test_more_than_the_bucket_holds_can_be_taken_and_is_paid_back(time: Time) -> None:
    bucket = TokenBucket(60, monotonic=time.monotonic, sleep=time.sleep)
    await bucket.take(30)
    assert time.now == 0
    await bucket.take(1)
    assert time.now == pytest.approx(30)


async def test_what_must_not_wait_makes_others_wait_longer(time: Time) -> None:
    bucket = TokenBucket(60, monotonic=time.monotonic, sleep=time.sleep)
    bucket.spend(11)
    await bucket.take(1)
    assert time.now == pytest.approx(11)


async def test_no_more_calls_run_at_once_than_allowed() -> None:
    limit = AdaptiveLimit(2)
    gate, running = asyncio.Event(), []

    async def call() -> None:
        async with limit.slot():
            running.append(1)
            await gate.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(call())
        for _ in range(10):
            await asyncio.sleep(0)
        assert len(running) == 2
        gate.set()
    assert len(running) == 5


async def test_being_overrun_halves_the_calls_and_answers_bring_them_back(time: Time) -> None:
    limit = AdaptiveLimit(8, monotonic=time.monotonic)
    limit.overrun(1)
    limit.overrun(1)
    assert limit.allowed == 4
    time.now = 2
    limit.overrun(1)
    assert limit.allowed == 2
    for _ in range(3):
        limit.went_well()
    assert limit.allowed == 3
    for _ in range(100):
        limit.went_well()
    assert limit.allowed == 8


async def test_one_call_is_always_allowed(time: Time) -> None:
    limit = AdaptiveLimit(2, monotonic=time.monotonic)
    for _ in range(5):
        limit.overrun(1)
        time.now += 2
    assert limit.allowed == 1


async def test_a_cancelled_call_gives_its_place_back() -> None:
    limit = AdaptiveLimit(1)
    began = asyncio.Event()

    async def call() -> None:
        async with limit.slot():
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await began.wait()
    task.cancel()
    await asyncio.wait({task})
    async with asyncio.timeout(5), limit.slot():
        pass
