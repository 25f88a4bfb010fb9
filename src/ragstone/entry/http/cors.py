"""Pages of other origins that may call the server, from a browser that asks first."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ragstone.settings import HttpSettings

_METHODS: Final = "GET, POST, PUT, PATCH, DELETE"
_EXPOSED: Final = (
    "Content-Disposition, Content-Language, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
    "X-Request-ID"
)


class Origins:
    """The origins of the settings, and what a browser is told about them."""

    def __init__(self, settings: HttpSettings) -> None:
        self._allowed = frozenset(settings.cors_origins)
        self._max_age = str(settings.cors_max_age_s)

    def asking(self, headers: Headers) -> str | None:
        """The origin of the page that sent a request, if it is one of those allowed."""
        if not self._allowed:
            return None
        origin = headers.get("origin")
        return origin if origin and (origin in self._allowed or "*" in self._allowed) else None

    def tell(self, origin: str | None, sent: MutableHeaders) -> None:
        """Complete an answer. Cookies are never asked for, so a page can use no login but the one it brings along."""
        if self._allowed:
            sent.add_vary_header("Origin")
        if origin is not None:
            sent["Access-Control-Allow-Origin"] = "*" if "*" in self._allowed else origin
            sent["Access-Control-Expose-Headers"] = _EXPOSED

    def preflight(self, headers: Headers) -> Response:
        """The answer to the question whether a page may send what it is about to send."""
        asked = headers.get("access-control-request-headers", "Authorization, Content-Type")
        allowed = {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": asked,
            "Access-Control-Max-Age": self._max_age,
        }
        return Response(status_code=204, headers=allowed)


class Preflight:
    """ASGI middleware that answers what a browser asks before a request, for the origins that are allowed."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        app = self._app
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            headers = Headers(scope=scope)
            if self._origins.asking(headers) and "access-control-request-method" in headers:
                app = self._origins.preflight(headers)
        await app(scope, receive, send)
