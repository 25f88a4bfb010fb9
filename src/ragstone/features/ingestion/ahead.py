"""Stages that work side by side: while one item is being used, the next is being made."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def ahead(items: AsyncGenerator[Item, None]) -> AsyncIterator[Item]:
    """The same items in the same order, each begun before the one in front of it has been dealt with."""
    upcoming = asyncio.ensure_future(anext(items, None))
    try:
        while (item := await upcoming) is not None:
            upcoming = asyncio.ensure_future(anext(items, None))
            yield item
    finally:
        upcoming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([upcoming])
        await items.aclose()


async def overlapped(
    items: AsyncIterator[Item], act: Callable[[Item], Awaitable[Result]], at_once: int
) -> AsyncGenerator[Result, None]:
    """What `act` makes of the items, in their order, with so many of them under way at a time."""
    under_way: deque[asyncio.Future[Result]] = deque()
    try:
        async for item in items:
            under_way.append(asyncio.ensure_future(act(item)))
            if len(under_way) == at_once:
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
