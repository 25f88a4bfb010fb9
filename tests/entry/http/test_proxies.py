"""Whose word counts for where a request comes from."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from ragstone.entry.http.proxies import TrustedProxies
from ragstone.kit.address import address_of, normal_address

TRUSTED = ("10.0.0.0/8", "fd00::/8")


async def seen(peer: str | None, *headers: tuple[str, str], trusted: tuple[str, ...] = TRUSTED) -> tuple[str, str]:
    """The address and the scheme that the application sees."""
    told: list[tuple[str, str]] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        request = Request(scope)
        told.append((address_of(request), request.url.scheme))

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    client = None if peer is None else (peer, 1234)
    scope = {"type": "http", "path": "/", "scheme": "http", "server": ("x", 80), "client": client, "headers": raw}
    await TrustedProxies(app, trusted)(scope, None, None)  # type: ignore[arg-type]  # The application uses neither.
    return told[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.9", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.7, rubbish", "10.0.0.1"),
        ("10.0.0.1", "rubbish, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7:5555", "198.51.100.7"),
        ("10.0.0.1", "[2001:DB8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:192.0.2.1", "198.51.100.7", "192.0.2.1"),
    ],
)
async def test_a_forwarded_address_counts_as_far_as_trusted_proxies_wrote_it(
    peer: str, forwarded: str, expected: str
) -> None:
    assert (await seen(peer, ("x-forwarded-for", forwarded)))[0] == expected


async def test_several_headers_are_one_list() -> None:
    assert (await seen("10.0.0.1", ("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.7")))[
        0
    ] == "198.51.100.7"


async def test_the_scheme_counts_from_a_trusted_proxy_alone() -> None:
    https = ("x-forwarded-proto", "https")
    assert (await seen("10.0.0.1", https))[1] == "https"
    assert (await seen("10.0.0.1", ("x-forwarded-proto", "https, http")))[1] == "http"
    assert (await seen("10.0.0.1", ("x-forwarded-proto", "javascript")))[1] == "http"
    assert (await seen("192.0.2.1", https))[1] == "http"


async def test_nobody_is_trusted_unless_somebody_is_named() -> None:
    headers = ("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https")
    assert await seen("127.0.0.1", *headers, trusted=()) == ("127.0.0.1", "http")


async def test_where_there_is_no_address_there_is_none() -> None:
    assert (await seen(None, ("x-forwarded-for", "198.51.100.7")))[0] == ""


@given(st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=80), st.ip_addresses())
async def test_whatever_is_sent_from_outside_changes_nothing(forwarded: str, peer: ipaddress.IPv4Address) -> None:
    address = normal_address(str(peer))
    if address is not None and not any(ipaddress.ip_address(address) in ipaddress.ip_network(n) for n in TRUSTED):
        assert (await seen(str(peer), ("x-forwarded-for", forwarded)))[0] == address


@given(st.text(max_size=40))
async def test_what_is_no_address_never_becomes_one(text: str) -> None:
    found = normal_address(text)
    assert found is None or str(ipaddress.ip_address(found)) == found
