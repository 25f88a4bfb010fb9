"""The names the server answers to."""

from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ragstone.entry.http.problems import HostNotAllowed, respond
from ragstone.settings import HttpSettings

_OWN: Final = frozenset({"127.0.0.1", "[::1]", "localhost"})
"""By these only this machine calls, as the command line does; no page can make a browser send them for its own name."""


class AllowedHosts:
    """ASGI middleware. `*.example.org` stands for every name below `example.org`; no names at all stand for any."""

    def __init__(self, app: ASGIApp, settings: HttpSettings) -> None:
        self._app = app
        allowed = [name.lower() for name in settings.allowed_hosts]
        own = f"[{settings.host}]" if ":" in settings.host else settings.host
        self._names = _OWN | {own.lower()} | {name for name in allowed if not name.startswith("*.")}
        self._endings = tuple(name[1:] for name in allowed if name.startswith("*."))
        self._checks = bool(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if self._checks and scope["type"] == "http":
            host = _name(Headers(scope=scope).get("host", ""))
            if host not in self._names and not host.endswith(self._endings):
                await respond(Request(scope), HostNotAllowed(host=host))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _name(host: str) -> str:
    """Without its port."""
    bracketed, bracket, _ = host.partition("]")
    return (bracketed + bracket if bracket else host.partition(":")[0]).lower().rstrip(".")
