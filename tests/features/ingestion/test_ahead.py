"""Stages that work side by side."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from ragstone.features.ingestion.ahead import ahead, overlapped


async def numbers(events: list[str], count: int = 3) -> AsyncGenerator[int, None]:
    try:
        for number in range(count):
            events.append(f"make {number}")
            await asyncio.sleep(0)
            yield number
    finally:
        events.append("closed")


async def test_items_keep_their_order_and_each_is_begun_before_the_last_is_done() -> None:
    events: list[str] = []
    async for number in ahead(numbers(events)):
        await asyncio.sleep(0.01)
        events.append(f"used {number}")
    assert [event for event in events if event.startswith("used")] == ["used 0", "used 1", "used 2"]
    assert events.index("make 1") < events.index("used 0")
    assert events.index("make 2") < events.index("used 1")
    assert "make 2" not in events[: events.index("used 0")], "only one item is made ahead"


async def test_an_error_arrives_behind_the_items_before_it() -> None:
    async def broken() -> AsyncGenerator[int, None]:
        yield 1
        raise ZeroDivisionError

    seen = []
    with pytest.raises(ZeroDivisionError):
        async for number in ahead(broken()):
            seen.append(number)  # noqa: PERF401 - What was seen before the error is the point.
    assert seen == [1]


async def test_stopping_early_closes_the_source() -> None:
    events: list[str] = []
    items = ahead(numbers(events, 100))
    async for number in items:
        if number == 1:
            break
    await items.aclose()  # type: ignore[attr-defined]  # It is a generator, as the function is one.
    assert events[-1] == "closed"
    assert len(events) < 10


async def test_results_keep_the_order_of_items_whichever_is_done_first() -> None:
    gates = [asyncio.Event() for _ in range(4)]
    begun: list[int] = []

    async def act(number: int) -> int:
        begun.append(number)
        if number + 1 < len(gates):
            gates[number + 1].set()
        if number % 2 == 0:
            await gates[number + 1].wait()  # Done only once the one behind it has begun.
        return number * 10

    assert [result async for result in overlapped(numbers([], 4), act, 2)] == [0, 10, 20, 30]
    assert begun == [0, 1, 2, 3]


async def test_an_error_of_one_ends_those_that_are_under_way() -> None:
    async def act(number: int) -> int:
        await asyncio.sleep(0 if number == 0 else 60)
        raise ZeroDivisionError

    before = asyncio.all_tasks()
    with pytest.raises(ZeroDivisionError):
        async for _ in overlapped(numbers([], 4), act, 3):
            raise AssertionError("nothing was made")
    assert asyncio.all_tasks() == before
