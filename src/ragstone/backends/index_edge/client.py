"""The way from a caller to the index process: finds or starts it, asks again once, gives up early when it is down."""

import asyncio
from pathlib import Path
from typing import Any, Final

from ragstone.backends.index_edge.connection import Connection, ConnectionLost, RequestFailed, connect
from ragstone.backends.index_edge.launch import LaunchOptions, launch
from ragstone.backends.index_edge.wire import Operation
from ragstone.kit.resilience.breaker import Breaker, CircuitOpen
from ragstone.ports.search_index import IndexUnavailable

_POLL_S: Final = 0.02
_WRITES: Final = frozenset({Operation.UPSERT, Operation.DELETE, Operation.DROP})


class Client:
    """Two connections, so that a reply to a search never queues behind the bytes of a write."""

    def __init__(self, options: LaunchOptions, socket: Path, start_timeout_s: float, breaker: Breaker) -> None:
        self.breaker = breaker
        self._options = options
        self._socket = socket
        self._start_timeout_s = start_timeout_s
        self._connections: dict[bool, Connection] = {}
        self._connecting = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections; the process leaves when it has no other client."""
        for connection in self._connections.values():
            await connection.close()
        self._connections.clear()

    async def call(self, operation: Operation, *arguments: object, timeout_s: float) -> Any:
        """The value of the reply; raises `IndexUnavailable`, whatever stood in the way."""
        try:
            with self.breaker.call(IndexUnavailable):
                value = await self._exchange(operation, arguments, timeout_s)
        except CircuitOpen:
            raise IndexUnavailable(path=str(self._socket), reason="the index did not answer a moment ago") from None
        if isinstance(value, RequestFailed):
            raise IndexUnavailable(**value.facts) from value
        return value

    async def _exchange(self, operation: Operation, arguments: tuple[object, ...], timeout_s: float) -> Any:
        """The reply's value, or the failure it tells of: that one is no sign of the process being down."""
        try:
            try:
                connection = await self._connection(operation)
                return await connection.request(operation, *arguments, timeout_s=timeout_s)
            except ConnectionLost:  # Everything may be asked again, since every operation is idempotent.
                connection = await self._connection(operation)
                return await connection.request(operation, *arguments, timeout_s=timeout_s)
        except RequestFailed as failed:
            return failed
        except TimeoutError as error:
            raise IndexUnavailable(path=str(self._socket), reason=f"no answer within {timeout_s} s") from error
        except ConnectionLost as error:
            raise IndexUnavailable(path=str(self._socket), reason="the index process died twice") from error

    async def _connection(self, operation: Operation) -> Connection:
        is_for_writes = operation in _WRITES
        connection = self._connections.get(is_for_writes)
        if connection is not None and connection.is_open:
            return connection
        async with self._connecting:
            connection = self._connections.get(is_for_writes)
            if connection is None or not connection.is_open:
                connection = self._connections[is_for_writes] = await self._find_or_launch()
            return connection

    async def _find_or_launch(self) -> Connection:
        try:
            async with asyncio.timeout(self._start_timeout_s):
                while True:
                    try:
                        return await connect(self._socket)
                    except (OSError, ConnectionLost):
                        await launch(self._options)
                        await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            reason = f"the index process did not start within {self._start_timeout_s} s"
            raise IndexUnavailable(path=str(self._socket), reason=reason) from error
