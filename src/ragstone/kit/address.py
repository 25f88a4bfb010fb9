"""Where a request comes from."""

import ipaddress
from collections.abc import Sequence
from typing import TypeAlias

from starlette.requests import HTTPConnection

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def address_of(request: HTTPConnection) -> str:
    """The caller's address, as `192.0.2.1` or `2001:db8::1`; "" where there is none, as on a Unix socket.

    This is what limits, lock-out and audit go by. Behind proxies named in `http.trusted_proxies` it is the address
    they have seen; what anybody else claims in a header counts for nothing.
    """
    return request.client.host if request.client else ""


def normal_address(text: str) -> str | None:
    """An address in the one form it is compared and kept in, or None if it is none. Ports and zones fall away."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether a normal address is in one of the networks."""
    parsed = ipaddress.ip_address(address)
    return any(parsed in network for network in networks if network.version == parsed.version)
