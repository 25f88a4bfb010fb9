"""What calls to addresses named by others are allowed."""

from dataclasses import dataclass
from typing import ClassVar

import httpx2

from ragstone.kit.egress.addresses import Network, is_allowed, parse_literal
from ragstone.kit.problem import Kind, Problem

_MIB = 2**20


class OutgoingRefused(Problem):
    """The address is none that the server calls for others."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "outgoing_refused"


class OutgoingUnusable(Problem):
    """What came back was too much, too slow, or packed."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "outgoing_unusable"


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """By default: HTTPS on its own port, to any public address.

    `hosts` narrows it down to names, where `*.example.org` stands for all below; `networks` are allowed though they are
    not public, which is for services of the operator's own.
    """

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] = frozenset({443})
    hosts: frozenset[str] | None = None
    networks: tuple[Network, ...] = ()
    total_s: float = 10.0
    max_response_bytes: int = _MIB

    def checked(self, text: str) -> httpx2.URL:
        """What a user has given as a URL, as soon as it is given. Raises `OutgoingRefused`."""
        try:
            url = httpx2.URL(text)
        except httpx2.InvalidURL as error:
            raise OutgoingRefused(host=text[:100], reason="it is no URL") from error
        self.check_url(url)
        return url

    def check_url(self, url: httpx2.URL) -> None:
        """Everything that can be told without asking for the address. Raises `OutgoingRefused`."""
        host = url.host.lower().rstrip(".")
        if url.scheme not in self.schemes:
            raise OutgoingRefused(host=host, reason=f"the scheme is {url.scheme or 'missing'}")
        if not host:
            raise OutgoingRefused(host=host, reason="there is no host")
        if url.userinfo:
            raise OutgoingRefused(host=host, reason="it holds a user name or password")
        if self.port_of(url) not in self.ports:
            raise OutgoingRefused(host=host, reason=f"the port is {self.port_of(url)}")
        if self.hosts is not None and not self._is_named(host):
            raise OutgoingRefused(host=host, reason="the host is not on the list of those allowed")
        try:
            literal = parse_literal(host)
        except ValueError as error:
            raise OutgoingRefused(host=host, reason=str(error)) from error
        if literal is not None and not is_allowed(literal, self.networks):
            raise OutgoingRefused(host=host, reason="the address is not public")

    def port_of(self, url: httpx2.URL) -> int:
        """The port that is meant where none is written."""
        return url.port or (443 if url.scheme == "https" else 80)

    def _is_named(self, host: str) -> bool:
        assert self.hosts is not None
        above = host.partition(".")[2]
        return host in self.hosts or any(f"*.{parent}" in self.hosts for parent in _parents(above) if parent)


def _parents(name: str) -> list[str]:
    """A name and all names above it."""
    parts = name.split(".")
    return [".".join(parts[start:]) for start in range(len(parts))]
