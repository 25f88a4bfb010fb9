"""Which addresses are on the public internet."""

import ipaddress
from collections.abc import Sequence
from typing import Final, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is routed. Mapped and compatible IPv4, NAT64, local and multicast addresses lie outside of it."""

_SPECIAL: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Protocol assignments, among them Teredo, which carries an IPv4 address.
        "2001:db8::/32",
        "2002::/16",  # 6to4, which carries an IPv4 address.
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
"""IANA's registries of special-purpose addresses, as far as they are within what is routed."""


def is_public(address: Address) -> bool:
    """Whether it is a host on the internet; no address that leads to another in disguise is."""
    if address.version == _UNICAST.version and address not in _UNICAST:
        return False
    return address.is_global and not _is_in(address, _SPECIAL)


def is_allowed(address: Address, also: Sequence[Network]) -> bool:
    """Whether it is public or in a network that is allowed beside."""
    return is_public(address) or _is_in(address, also)


def parse_literal(host: str) -> Address | None:
    """The address a host is written as, or None for a name.

    Raises `ValueError` for an address in a form that programs read differently: octal, hexadecimal, short, with a zone.
    """
    bare = host.removeprefix("[").removesuffix("]").rstrip(".")
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        last = bare.rpartition(".")[2]
        if ":" in bare or last.isdigit() or last.lower().startswith("0x"):
            raise ValueError("an address in an unusual form") from None
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        raise ValueError("an address with a zone")
    return address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)
