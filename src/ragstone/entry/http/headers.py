"""What every answer tells a browser: to trust nothing in it, to keep none of it, and whose pages may read it."""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragstone.entry.http.cors import Origins

ASSETS: Final = "/docs/assets"
"""Where the scripts and styles of the documentation are."""

_PAGES: Final = ("/docs", "/redoc")
_EVERYWHERE: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
_DOCUMENTATION: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    # Both pages make their style sheets as they are drawn. Redoc searches in a worker that it makes itself.
    "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class ResponseHeaders:
    """ASGI middleware: security headers on every answer, and who may read it from another origin."""

    def __init__(self, app: ASGIApp, origins: Origins, hsts_s: int) -> None:
        self._app = app
        self._origins = origins
        self._hsts = f"max-age={hsts_s}" if hsts_s else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        origin = self._origins.asking(Headers(scope=scope))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(scope, MutableHeaders(scope=message), origin)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _complete(self, scope: Scope, sent: MutableHeaders, origin: str | None) -> None:
        path = scope["path"]
        for name, value in _EVERYWHERE.items():
            sent.setdefault(name, value)
        sent.setdefault("Content-Security-Policy", _DOCUMENTATION if path in _PAGES else _NOTHING)
        # Answers hold what only the caller may see, and some a secret that is shown once.
        sent.setdefault("Cache-Control", "no-cache" if path.startswith(ASSETS) else "no-store")
        if self._hsts and scope["scheme"] == "https":
            sent["Strict-Transport-Security"] = self._hsts
        self._origins.tell(origin, sent)
