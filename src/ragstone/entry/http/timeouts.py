"""How long a request may take, by its class. What streams may go on, as long as something moves."""

import asyncio
from typing import ClassVar, Final

import structlog
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragstone.entry.http.middleware import STREAMED
from ragstone.entry.http.problems import RequestTooSlow, respond
from ragstone.kit.problem import Kind, Problem
from ragstone.settings import TimeoutSettings

_CLOSE: Final = "close"
_log = structlog.get_logger(__name__)


class RequestTimedOut(Problem):
    """The work took longer than a request of its class may."""

    kind: ClassVar[Kind] = Kind.TIMEOUT
    code: ClassVar[str] = "request_timed_out"


class Timeouts:
    """ASGI middleware. Work that takes too long is cancelled, and its transaction rolled back."""

    def __init__(self, app: ASGIApp, settings: TimeoutSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        timed = _Timed(self._settings, scope, receive, send)
        try:
            async with asyncio.timeout(timed.limit_s) as deadline:
                timed.deadline = deadline
                await self._app(scope, timed.receive, timed.send)
        except TimeoutError:
            if not deadline.expired():
                raise
            await timed.answer()


class _Timed:
    """One request, whose deadline moves with what comes in and goes out."""

    deadline: asyncio.Timeout

    def __init__(self, settings: TimeoutSettings, scope: Scope, receive: Receive, send: Send) -> None:
        self.limit_s: float = getattr(settings, f"{scope['state']['route_class']}_s")
        self._idle_s = settings.idle_s
        self._scope, self._receive, self._send = scope, receive, send
        self._is_streamed = Headers(scope=scope).get("content-type", "").startswith(STREAMED)
        self._is_waiting = self._is_received = self._has_begun = False

    async def receive(self) -> Message:
        """What comes in. A body that is streamed may take its time while something arrives."""
        if self._is_received:
            return await self._receive()
        self._is_waiting = True
        self._allow_stream(self._idle_s)
        message = await self._receive()
        self._allow_stream(self.limit_s)
        self._is_waiting = False
        self._is_received = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """What goes out. From here on only standing still is limited."""
        self._has_begun = True
        self._allow(self._idle_s)
        await self._send(message)

    async def answer(self) -> None:
        """Tell the caller that it took too long; a response that has begun can only be broken off."""
        if self._has_begun:
            _log.warning("a response was broken off, as nothing moved", path=self._scope["path"])
            return
        problem: Problem = RequestTimedOut(limit_s=self.limit_s)
        if self._is_waiting:
            problem = RequestTooSlow(limit_s=self._idle_s if self._is_streamed else self.limit_s)
        response = respond(Request(self._scope), problem)
        response.headers["Connection"] = _CLOSE  # What is still to come of the request will not be read.
        await response(self._scope, self._receive, self._send)

    def _allow_stream(self, seconds: float) -> None:
        if self._is_streamed and not self._has_begun:
            self._allow(seconds)

    def _allow(self, seconds: float) -> None:
        if not self.deadline.expired():
            self.deadline.reschedule(asyncio.get_running_loop().time() + seconds)
