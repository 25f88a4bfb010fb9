"""Stages that work side by side."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from ragstone.features.ingestion.ahead import ahead


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
