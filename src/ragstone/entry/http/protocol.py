"""Connections that ask too slowly, or send headers without end, are closed before they become requests."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ragstone.entry.http.problems import HeadersTooLarge, RequestTooSlow
from ragstone.kit.i18n import DEFAULT_LOCALE
from ragstone.kit.ids import new_id
from ragstone.kit.problem import Problem
from ragstone.kit.problem_json import MEDIA_TYPE, problem_body
from ragstone.settings import Settings

_TOO_SLOW: Final = 408
_TOO_LARGE: Final = 431


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """How long a request's line and headers may take to arrive, and how large they may be."""

    seconds: float
    n_bytes: int
    n_headers: int


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits on what it keeps before it calls the application."""

    head_limits: ClassVar[HeadLimits]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As its base has it.
        """A connection, from which a request should come."""
        super().connection_made(transport)
        self._n_bytes = 0
        self._is_in_head = True
        self._has_begun = False
        self._timer = self.loop.call_later(self.head_limits.seconds, self._on_too_slow)

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request, or of several."""
        super().data_received(data)
        if self._is_in_head:
            self._n_bytes += len(data)
            if self._n_bytes > self.head_limits.n_bytes and not self.transport.is_closing():
                if self._is_answering():
                    self.transport.close()
                    return
                limits = self.head_limits
                self._refuse(_TOO_LARGE, HeadersTooLarge(limit=limits.n_headers, limit_bytes=limits.n_bytes))

    def on_message_begin(self) -> None:
        """The first bytes of a request."""
        super().on_message_begin()
        self._n_bytes = 0
        self._is_in_head = self._has_begun = True
        self._timer.cancel()
        self._timer = self.loop.call_later(self.head_limits.seconds, self._on_too_slow)

    def on_headers_complete(self) -> None:
        """From here on the application's limits hold."""
        self._is_in_head = False
        self._timer.cancel()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more will come."""
        self._timer.cancel()
        super().connection_lost(exc)

    def _on_too_slow(self) -> None:
        if self._is_answering():  # The next request was sent ahead, and is waiting for its turn.
            self._timer = self.loop.call_later(self.head_limits.seconds, self._on_too_slow)
        elif self._has_begun and not self.transport.is_closing():
            self._refuse(_TOO_SLOW, RequestTooSlow(limit_s=self.head_limits.seconds))
        else:
            self.transport.close()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, status: int, problem: Problem) -> None:
        request_id = new_id("req")
        body = json.dumps({**problem_body(problem, DEFAULT_LOCALE, request_id), "status": status}).encode()
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "X-Request-ID": request_id,
            "X-Content-Type-Options": "nosniff",
            "Connection": "close",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)
        self.transport.close()


def protocol_of(settings: Settings) -> type[Any]:
    """The protocol with the limits of the settings."""
    capacity = settings.capacity
    n_bytes = capacity.url_bytes + capacity.header_bytes
    limits = HeadLimits(settings.timeouts.headers_s, n_bytes, capacity.header_count)
    return type("Protocol", (GuardedProtocol,), {"head_limits": limits})
