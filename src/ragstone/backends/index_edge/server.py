"""The socket of the index process: takes requests, sends replies, and keeps house while nobody asks.

One thread does it all, because the engine lets no other run while it works; only the optimizer is a process of its own.
"""

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import Coroutine
from typing import Any, Final

from ragstone.backends.index_edge import requests
from ragstone.backends.index_edge.layout import Layout
from ragstone.backends.index_edge.rebuild import is_worth_rebuilding, rebuild
from ragstone.backends.index_edge.space import Space
from ragstone.backends.index_edge.spaces import Spaces
from ragstone.backends.index_edge.wire import PROTOCOL, FrameReader, Operation, Status, frame, pack, unpack

log = logging.getLogger(__name__)

FLUSH_WHEN_QUIET_S: Final = 1.0
"""Seconds without a request before writes are flushed. A flush stops everything for 20 to 400 ms, and the log of writes
survives the death of the process without it; a power failure can cost what was written since, which `doctor` finds and
rebuilds from the relational store."""

FLUSH_AT_LATEST_S: Final = 30.0
"""Seconds after which writes are flushed although requests keep coming."""

_HOUSEKEEPING_S: Final = 0.5


class Server:
    """Answers clients until none is left for `grace_s` seconds, or `stop` is called."""

    def __init__(self, layout: Layout, max_open: int, grace_s: float) -> None:
        self.spaces = Spaces(layout, max_open)
        self._grace_s = grace_s
        self._clients = 0
        self._stopped = asyncio.Event()
        self._writes: set[asyncio.Task[None]] = set()
        self._rebuilding: tuple[Space, asyncio.Task[None]] | None = None
        self._last_request = self._last_flush = time.monotonic()
        self._leave = asyncio.get_running_loop().call_later(grace_s, self.stop)

    def stop(self) -> None:
        """End `run`."""
        self._stopped.set()

    async def run(self) -> None:
        """Keep house until stopped, then finish the writes begun and close every space."""
        while not self._stopped.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), _HOUSEKEEPING_S)
            self._keep_house()
        await self._cancel_rebuild()
        await asyncio.gather(*self._writes, return_exceptions=True)
        self.spaces.close()

    def client_came(self) -> None:
        """A connection was opened."""
        self._clients += 1
        self._leave.cancel()

    def client_left(self) -> None:
        """A connection was closed; the last one starts the countdown."""
        self._clients -= 1
        if self._clients == 0:
            self._leave.cancel()
            self._leave = asyncio.get_running_loop().call_later(self._grace_s, self.stop)

    def take(self, body: bytes, transport: asyncio.WriteTransport) -> None:
        """Answer a request, now or when its write is done; one that nobody waits for any more is left undone."""
        number, deadline, operation, space, *arguments = unpack(body)
        self._last_request = time.monotonic()
        if self._last_request > deadline:
            return
        if operation in {Operation.UPSERT, Operation.DELETE, Operation.DROP}:
            task = asyncio.create_task(self._write(number, operation, space, arguments, transport))
            self._writes.add(task)
            task.add_done_callback(self._writes.discard)
            return
        try:
            status, value = Status.DONE, requests.read(self.spaces, operation, space, arguments)
        except BaseException as error:  # noqa: BLE001  # Reason: the engine's panics are no `Exception`.
            status, value = Status.FAILED, self._facts(error, space)
        transport.write(frame(pack([number, status, value])))

    async def _write(
        self, number: int, operation: str, space: list[Any], arguments: list[Any], transport: asyncio.WriteTransport
    ) -> None:
        status, value = Status.DONE, None
        try:
            await self._change(operation, space, arguments)
        except BaseException as error:  # noqa: BLE001  # Reason: the engine's panics are no `Exception`.
            status, value = Status.FAILED, self._facts(error, space)
        if not transport.is_closing():
            transport.write(frame(pack([number, status, value])))

    def _change(self, operation: str, space: list[Any], arguments: list[Any]) -> Coroutine[Any, Any, None]:
        if operation == Operation.DROP:
            return self._drop(space)
        return requests.write(self.spaces, operation, requests.index_space(space), arguments)

    async def _drop(self, space: list[Any]) -> None:
        dropped = requests.index_space(space)
        if self._rebuilding is not None and self._rebuilding[0].folder == self.spaces.folder(dropped):
            await self._cancel_rebuild()
        discarded = self.spaces.drop(dropped)
        if discarded is not None:
            await asyncio.to_thread(shutil.rmtree, discarded)

    def _facts(self, error: BaseException, space: list[Any] | None) -> dict[str, str]:
        if isinstance(error, KeyboardInterrupt | SystemExit | asyncio.CancelledError):
            raise error
        log.error("space %s: %s", space, error, exc_info=error)
        facts = {"reason": f"{type(error).__name__}: {error}"}
        if space is not None:
            facts["path"] = str(self.spaces.folder(requests.index_space(space)))
        return facts

    def _keep_house(self) -> None:
        now = time.monotonic()
        if now - self._last_request >= FLUSH_WHEN_QUIET_S or now - self._last_flush >= FLUSH_AT_LATEST_S:
            self._last_flush = now
            self.spaces.flush()
        if self._rebuilding is None and not self._stopped.is_set():
            for space in self.spaces.iter_open():
                if is_worth_rebuilding(space.points, space.unoptimized, now - space.last_write):
                    self._rebuilding = (space, asyncio.create_task(self._rebuild(space)))
                    break

    async def _rebuild(self, space: Space) -> None:
        began = time.monotonic()
        try:
            done = await rebuild(space)
            log.info(
                "%s: %s in %.1f s", space.folder, "optimized" if done else "not optimized", time.monotonic() - began
            )
        except Exception:
            log.exception("%s: cannot be optimized", space.folder)
        finally:
            self._rebuilding = None

    async def _cancel_rebuild(self) -> None:
        if self._rebuilding is not None:
            task = self._rebuilding[1]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class ClientProtocol(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._reader = FrameReader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the client and greet it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.client_came()
        transport.write(frame(pack(PROTOCOL)))

    def data_received(self, data: bytes) -> None:
        """Take every request that is complete; a client that speaks otherwise is cut off."""
        try:
            for body in self._reader.feed(data):
                self._server.take(body, self._transport)
        except (ValueError, TypeError) as error:
            log.warning("a client was cut off: %s", error)
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the client out."""
        del exc
        self._server.client_left()
