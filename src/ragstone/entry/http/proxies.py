"""Who stands in front: a proxy is believed what it says of a caller only if its own address is configured."""

import ipaddress
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ragstone.kit.address import Network, is_within, normal_address

_SCHEMES: Final = ("http", "https")


class TrustedProxies:
    """ASGI middleware. It leaves the caller's own address and scheme in the scope, whoever handed the request on."""

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        self._app = app
        self._trusted: tuple[Network, ...] = tuple(ipaddress.ip_network(item) for item in trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope.get("client"):
            host, port = scope["client"]
            peer = normal_address(host)
            if peer is not None:
                scope["client"] = (peer, port)
                if self._trusted and is_within(peer, self._trusted):
                    self._believe(scope, peer)
        await self._app(scope, receive, send)

    def _believe(self, scope: Scope, peer: str) -> None:
        headers = Headers(scope=scope)
        caller = self._caller(",".join(headers.getlist("x-forwarded-for")), peer)
        if caller != peer:
            scope["client"] = (caller, 0)
        schemes = ",".join(headers.getlist("x-forwarded-proto")).split(",")
        scheme = schemes[-1].strip().lower()  # The last was written by whoever is trusted.
        if scheme in _SCHEMES:
            scope["scheme"] = scheme

    def _caller(self, forwarded: str, peer: str) -> str:
        """The first address from the right that no trusted proxy has; what stands left of it was made up by anyone."""
        caller = peer
        for claimed in reversed(forwarded.split(",")):
            address = normal_address(claimed)
            if address is None:
                break
            caller = address
            if not is_within(address, self._trusted):
                break
        return caller
