"""What happens to every request: an id, a language, a bound log, and the headers that tell of id and limits."""

import re
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragstone.entry.http.problems import crash_response
from ragstone.entry.http.route_classes import route_class_of
from ragstone.kit.i18n import negotiate
from ragstone.kit.ids import new_id

STREAMED: Final = (
    "multipart/form-data",
    "application/x-ndjson",
    "application/jsonl",
    "text/csv",
    "text/tab-separated-values",
)
_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


class RequestContext:
    """ASGI middleware. It leaves `request_id`, `locale` and `route_class` in the request's state, and reads
    `limit_headers` there.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _WELL_FORMED.fullmatch(given) else new_id("req")
        state = scope.setdefault("state", {})
        state |= {
            "request_id": request_id,
            "locale": negotiate(headers.get("accept-language")),
            "route_class": route_class_of(scope["method"], scope["path"]),
            "limit_headers": {},
        }

        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                sent = MutableHeaders(scope=message)
                sent["X-Request-ID"] = request_id
                for name, value in state["limit_headers"].items():
                    sent.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, _limited(scope, headers, receive), send_with_headers)
            except Exception as error:
                # A defect is answered here, and not further out, so that this answer carries the headers too.
                if started:
                    raise
                await crash_response(Request(scope), error)(scope, receive, send_with_headers)


def _limited(scope: Scope, headers: Headers, receive: Receive) -> Receive:
    """Receive no more of a body than is accepted, unless its route takes it in as a stream."""
    runtime = scope["app"].state.runtime
    if runtime is None or headers.get("content-type", "").startswith(STREAMED):
        return receive
    limit_bytes = runtime.settings.http.max_body_bytes
    declared = headers.get("content-length", "")
    received_bytes = 0

    async def receive_within_limit() -> Message:
        nonlocal received_bytes
        if declared.isdigit() and int(declared) > limit_bytes:
            raise HTTPException(413, str(limit_bytes))
        message = await receive()
        received_bytes += len(message.get("body", b""))
        if received_bytes > limit_bytes:
            raise HTTPException(413, str(limit_bytes))  # The one kind that FastAPI's reading of bodies lets through.
        return message

    return receive_within_limit
