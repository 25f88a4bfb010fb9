"""How many requests are at work at once, and how large requests and responses may be."""

from typing import ClassVar, Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragstone.entry.http.problems import HeadersTooLarge, UrlTooLong, respond
from ragstone.features.accounts.seats import Seats, ServerBusy
from ragstone.kit.problem import Kind, Problem
from ragstone.settings import CapacitySettings

_ALWAYS_ANSWERED: Final = ("/health", "/health/ready", "/metrics")
_WATCHED: Final = "/events"


class ResponseTooLarge(Problem):
    """The answer would be larger than the server sends; asking for less helps."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "response_too_large"


class Capacity:
    """ASGI middleware: a place for each request but health's, left as `seat` in the request's state."""

    def __init__(self, app: ASGIApp, settings: CapacitySettings) -> None:
        self._app = app
        self._workers = Seats(settings.requests, settings.requests_per_tenant)
        self._watchers = Seats(settings.watchers, settings.watchers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] in _ALWAYS_ANSWERED:
            await self._app(scope, receive, send)
            return
        is_watcher = scope["method"] == "GET" and scope["path"].endswith(_WATCHED)
        try:
            seat = (self._watchers if is_watcher else self._workers).take()
        except ServerBusy as problem:
            await respond(Request(scope), problem)(scope, receive, send)
            return
        scope["state"]["seat"] = seat
        try:
            await self._app(scope, receive, send)
        finally:
            seat.leave()


class Sizes:
    """ASGI middleware: no long URLs, no heaps of headers, no JSON that is larger than anybody reads."""

    def __init__(self, app: ASGIApp, settings: CapacitySettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = self._problem_of(scope)
        if problem is not None:
            await respond(Request(scope), problem)(scope, receive, send)
            return
        is_replaced = False

        async def send_within_limit(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and self._is_too_large(message):
                is_replaced = True
                too_large = ResponseTooLarge(limit_bytes=self._settings.response_bytes)
                await respond(Request(scope), too_large)(scope, receive, send)
            elif not is_replaced:
                await send(message)

        await self._app(scope, receive, send_within_limit)

    def _problem_of(self, scope: Scope) -> Problem | None:
        limits = self._settings
        if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > limits.url_bytes:
            return UrlTooLong(limit_bytes=limits.url_bytes)
        headers = scope["headers"]
        size = sum(len(name) + len(value) for name, value in headers)
        if len(headers) > limits.header_count or size > limits.header_bytes:
            return HeadersTooLarge(limit=limits.header_count, limit_bytes=limits.header_bytes)
        return None

    def _is_too_large(self, message: Message) -> bool:
        headers = Headers(raw=message["headers"])
        length = headers.get("content-length", "")
        is_json = headers.get("content-type", "").startswith("application/json")
        return is_json and length.isdigit() and int(length) > self._settings.response_bytes
