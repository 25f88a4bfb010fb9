"""Stages that work side by side: while one item is being used, the next is being made."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

Item = TypeVar("Item")


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
