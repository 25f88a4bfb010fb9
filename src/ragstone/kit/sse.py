"""Server-sent events (WHATWG HTML, section 9.2) as bytes."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final, NamedTuple

MEDIA_TYPE: Final = "text/event-stream"
KEEP_ALIVE_S: Final = 15.0
_COMMENT: Final = b": keep-alive\n\n"


class SentEvent(NamedTuple):
    """One event: its name, its JSON data, and the id a client sends as `Last-Event-ID` to go on from it."""

    event: str
    data: Any
    id: str | None = None


def encode(sent: SentEvent) -> bytes:
    """An event on the wire. JSON has no raw line breaks, so one `data` line is enough."""
    data = json.dumps(sent.data, ensure_ascii=False, separators=(",", ":"))
    place = f"id: {sent.id}\n" if sent.id is not None else ""
    return f"event: {sent.event}\n{place}data: {data}\n\n".encode()


async def stream(
    events: AsyncIterator[SentEvent], keep_alive_s: float = KEEP_ALIVE_S, closing: asyncio.Event | None = None
) -> AsyncIterator[bytes]:
    """The events as they come, with a comment whenever none has come for a while, which keeps proxies from closing.

    Ends before the next event once `closing` is set: whoever only watches must not keep a server from ending.
    """
    upcoming = asyncio.ensure_future(_next(events))
    ending = asyncio.ensure_future((closing or asyncio.Event()).wait())
    try:
        while True:
            done, _ = await asyncio.wait({upcoming, ending}, timeout=keep_alive_s, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                yield _COMMENT
                continue
            if upcoming not in done:
                return
            sent = upcoming.result()
            if sent is None:
                return
            upcoming = asyncio.ensure_future(_next(events))
            yield encode(sent)
    finally:
        upcoming.cancel()
        ending.cancel()
        await asyncio.wait({upcoming, ending})


async def _next(events: AsyncIterator[SentEvent]) -> SentEvent | None:
    return await anext(events, None)
