"""An HTTP client for addresses that somebody else has named: what a guard checks is what is connected to.

Such addresses are those of users. The addresses in the settings - of an embedding model, a store, a proxy - come from
whoever runs the server, may well be private, and are called without this guard.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import httpx2

from ragstone.kit.egress.addresses import is_allowed, parse_literal
from ragstone.kit.egress.policy import EgressPolicy, OutgoingRefused, OutgoingUnusable

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, for a port."""

_PLAIN: Final = ("", "identity")


async def resolve(host: str, port: int) -> Sequence[str]:
    """As the machine does. Raises `OSError` if the name is not known."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def guarded_client(
    policy: EgressPolicy, resolver: Resolver = resolve, trust: ssl.SSLContext | None = None
) -> httpx2.AsyncClient:
    """A client that follows no redirect, uses no proxy, and calls nothing but what the policy allows.

    Its calls raise `OutgoingRefused`, `OutgoingUnusable` beside what httpx2 raises.
    """
    return httpx2.AsyncClient(
        transport=_GuardedTransport(policy, resolver, trust),
        headers={"Accept-Encoding": "identity"},
        timeout=policy.total_s,
        follow_redirects=False,
        trust_env=False,
    )


class _GuardedTransport(httpx2.AsyncBaseTransport):
    """Looks a host up once, checks all that is found, and connects to one of these very addresses."""

    def __init__(self, policy: EgressPolicy, resolver: Resolver, trust: ssl.SSLContext | None) -> None:
        self._policy = policy
        self._resolve = resolver
        # A connection is to an address and knows the name it was made for no more, so none is used for a second call.
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._inner = httpx2.AsyncHTTPTransport(verify=trust or True, trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        self._policy.check_url(request.url)
        deadline = asyncio.get_running_loop().time() + self._policy.total_s
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._send(request, await self._addresses(request.url))
        except TimeoutError as error:
            raise self._unusable(request, f"no answer within {self._policy.total_s:g} s") from error
        if response.headers.get("content-encoding", "").strip().lower() not in _PLAIN:
            await response.aclose()
            raise self._unusable(request, "the answer is packed, though that was not asked for")
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_CappedStream(response, request, self._policy, deadline),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    async def _addresses(self, url: httpx2.URL) -> list[str]:
        """All of them are allowed, or none is used. Raises `OutgoingRefused`."""
        literal = parse_literal(url.host)
        if literal is not None:
            return [str(literal)]
        try:
            found = await self._resolve(url.host, self._policy.port_of(url))
        except OSError as error:
            raise OutgoingRefused(host=url.host, reason="the name is not known") from error
        for address in found:
            if not is_allowed(ipaddress.ip_address(address), self._policy.networks):
                raise OutgoingRefused(host=url.host, reason="the name leads to an address that is not public")
        if not found:
            raise OutgoingRefused(host=url.host, reason="the name leads to no address")
        return list(found)

    async def _send(self, request: httpx2.Request, addresses: list[str]) -> httpx2.Response:
        *before, last = addresses
        for address in before:
            try:
                return await self._inner.handle_async_request(_pinned(request, address))
            except httpx2.ConnectError:
                continue
        return await self._inner.handle_async_request(_pinned(request, last))

    def _unusable(self, request: httpx2.Request, reason: str) -> OutgoingUnusable:
        return OutgoingUnusable(host=request.url.host, reason=reason)


class _CappedStream(httpx2.AsyncByteStream):
    """A body that ends in a problem as soon as it is too long or takes too long."""

    def __init__(
        self, response: httpx2.Response, request: httpx2.Request, policy: EgressPolicy, deadline: float
    ) -> None:
        self._response = response
        self._host = request.url.host
        self._policy = policy
        self._deadline = deadline

    async def __aiter__(self) -> AsyncIterator[bytes]:
        stream = self._response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)
        pieces = aiter(stream)
        received_bytes = 0
        while True:
            try:
                async with asyncio.timeout_at(self._deadline):
                    piece = await anext(pieces, None)
            except TimeoutError as error:
                reason = f"the answer did not end within {self._policy.total_s:g} s"
                raise OutgoingUnusable(host=self._host, reason=reason) from error
            if piece is None:
                return
            received_bytes += len(piece)
            if received_bytes > self._policy.max_response_bytes:
                reason = f"the answer is longer than {self._policy.max_response_bytes} bytes"
                raise OutgoingUnusable(host=self._host, reason=reason)
            yield piece

    async def aclose(self) -> None:
        """Give the connection up."""
        await self._response.aclose()


def _pinned(request: httpx2.Request, address: str) -> httpx2.Request:
    """The same request to one address. Host header and certificate stay those of the name."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
