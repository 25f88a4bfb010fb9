"""One connection to the index process: many requests under way at once, told apart by number."""

import asyncio
import itertools
import time
from pathlib import Path
from typing import Any

from ragstone.backends.index_edge.wire import PROTOCOL, FrameReader, Operation, Status, frame, pack, unpack
from ragstone.ports.search_index import IndexUnavailable


class ConnectionLost(Exception):
    """The process closed the connection or died; whether it did what was asked is not known."""


class RequestFailed(Exception):
    """The process answered that it could not do it."""

    def __init__(self, facts: dict[str, str]) -> None:
        self.facts = facts
        super().__init__(str(facts))


class Connection(asyncio.Protocol):
    """Made by `connect`. Belongs to one event loop."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[list[Any]]] = {}
        self._transport: asyncio.Transport | None = None
        self._greeted: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def greeting(self) -> int:
        """The protocol the process speaks; raises `ConnectionLost` if it dies instead of greeting."""
        return await self._greeted

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def request(self, operation: Operation, *arguments: object, timeout_s: float) -> Any:
        """The value of the reply; raises `ConnectionLost`, `RequestFailed` or `TimeoutError`."""
        if self._transport is None or not self.is_open:
            raise ConnectionLost
        number = next(self._numbers)
        deadline = time.monotonic() + timeout_s  # Of one clock for all processes of a machine.
        reply = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._transport.write(frame(pack([number, deadline, operation, *arguments])))
            async with asyncio.timeout(timeout_s):
                status, value = await reply
        finally:
            del self._waiting[number]
        if status == Status.FAILED:
            raise RequestFailed(value)
        return value

    async def close(self) -> None:
        """Close the connection and wait until it is."""
        if self._transport is not None:
            self._transport.close()
            await self._closed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand replies to those who wait for them; nobody waits any more for one that came too late."""
        for body in self._reader.feed(data):
            if not self._greeted.done():
                self._greeted.set_result(unpack(body))
                continue
            number, *reply = unpack(body)
            waiting = self._waiting.get(number)
            if waiting is not None and not waiting.done():
                waiting.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody who waits."""
        everybody: list[asyncio.Future[Any]] = [self._greeted, *self._waiting.values()]
        for waiting in everybody:
            if not waiting.done():
                waiting.set_exception(ConnectionLost(str(exc or "closed")))
                waiting.exception()  # Marks it as seen: who was cancelled meanwhile will not look.
        self._closed.set_result(None)


async def connect(path: Path) -> Connection:
    """A connection to a living process; raises `OSError` or `ConnectionLost` where there is none.

    A process of another version of this program is `IndexUnavailable`: it leaves when its own clients do.
    """
    _, connection = await asyncio.get_running_loop().create_unix_connection(Connection, str(path))
    try:
        protocol = await connection.greeting()
    except BaseException:
        await connection.close()
        raise
    if protocol != PROTOCOL:
        await connection.close()
        raise IndexUnavailable(path=str(path), reason=f"the index process speaks protocol {protocol}, not {PROTOCOL}")
    return connection
