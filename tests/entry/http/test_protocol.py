"""Connections that are slow on purpose, or never end their headers, are closed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import uvicorn
from starlette.types import Receive, Scope, Send

from ragstone.entry.http.protocol import protocol_of
from ragstone.settings import CapacitySettings, Settings, TimeoutSettings

LIMITS = CapacitySettings(header_bytes=2000, url_bytes=1000)
NEVER_S = 3600.0


async def hello(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@contextlib.asynccontextmanager
async def connected(headers_s: float) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server with these limits."""
    settings = Settings(capacity=LIMITS, timeouts=TimeoutSettings(headers_s=headers_s))
    protocol = protocol_of(settings)
    config = uvicorn.Config(hello, http=protocol, lifespan="off", log_config=None)
    config.load()
    state = uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1")
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            yield reader, writer
        finally:
            writer.close()
            await writer.wait_closed()


async def test_headers_that_do_not_arrive_in_time_are_not_waited_for() -> None:
    async with connected(headers_s=0.05) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"request_too_slow" in answer


async def test_a_connection_that_asks_nothing_is_closed_without_a_word() -> None:
    async with connected(headers_s=0.05) as (reader, _):
        assert await reader.read() == b""


async def test_headers_without_end_are_refused_before_they_fill_the_memory() -> None:
    async with connected(headers_s=NEVER_S) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nX-Long: ")
        writer.write(b"x" * 4000)
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert b"headers_too_large" in answer


async def test_requests_in_good_order_pass_one_after_another() -> None:
    async with connected(headers_s=NEVER_S) as (reader, writer):
        for _ in range(3):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
            await asyncio.sleep(0)
            writer.write(b"X-Long: " + b"x" * 900 + b"\r\n\r\n")
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200 ")
