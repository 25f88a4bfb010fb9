"""Every route reads JSON strictly, whichever slice it is of."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragstone.kit.strict_json import JsonInvalid, parse_json


class StrictJson:
    """ASGI middleware. It checks a JSON body as it arrives, and leaves its value as `json` in the request's state."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and _is_json(Headers(scope=scope).get("content-type", "")):
            receive = _checked(scope, receive)
        await self._app(scope, receive, send)


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _checked(scope: Scope, receive: Receive) -> Receive:
    pieces: list[bytes] = []

    async def receive_checked() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                body = b"".join(pieces)
                pieces.clear()
                if body:
                    scope["state"]["json"] = _parsed(body)
        return message

    return receive_checked


def _parsed(body: bytes) -> object:
    try:
        return parse_json(body)
    except JsonInvalid as error:
        raise HTTPException(422, error.msg) from error  # The one kind that FastAPI's reading of bodies lets through.
