"""Calls to addresses that users name: nothing inside is reached, however the address is written."""

import asyncio
import gzip
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from tests.certificates import Authority
from werkzeug import Request, Response

from ragstone.kit.egress.addresses import Address, is_public, parse_literal
from ragstone.kit.egress.client import Resolver, guarded_client
from ragstone.kit.egress.policy import EgressPolicy, OutgoingRefused, OutgoingUnusable

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
SPECIAL = [
    ipaddress.ip_network(item)
    for item in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
INSIDE = st.sampled_from(SPECIAL).flatmap(
    lambda network: st.integers(int(network.network_address), int(network.broadcast_address)).map(ipaddress.IPv4Address)
)


def to(*addresses: str) -> Resolver:
    """Every name leads to these addresses."""

    async def resolver(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolver


def local(server: HTTPServer) -> EgressPolicy:
    """What reaches a server of this test."""
    return EgressPolicy(schemes=frozenset({"http", "https"}), ports=frozenset({server.port}), networks=(LOOPBACK,))


@given(INSIDE)
@example(ipaddress.IPv4Address("169.254.169.254"))
def test_no_disguise_makes_an_inner_address_public(address: ipaddress.IPv4Address) -> None:
    packed = int(address)
    disguises: list[Address] = [
        address,
        ipaddress.IPv6Address(packed),  # IPv4-compatible.
        ipaddress.IPv6Address((0xFFFF << 32) | packed),  # IPv4-mapped.
        ipaddress.IPv6Address((0x64FF9B << 96) | packed),  # NAT64.
        ipaddress.IPv6Address((0x64FF9B0001 << 80) | packed),  # NAT64 within one network.
        ipaddress.IPv6Address((0x2002 << 112) | (packed << 80)),  # 6to4.
        ipaddress.IPv6Address((0x20010000 << 96) | (packed ^ 0xFFFFFFFF)),  # Teredo.
        ipaddress.IPv6Address((0xFE80 << 112) | (0x5EFE << 32) | packed),  # ISATAP.
    ]
    assert [item for item in disguises if is_public(item)] == []


@given(st.ip_addresses())
def test_what_counts_as_public_is_global_to_the_standard_library_too(address: Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_private
        assert not address.is_multicast
        assert not address.is_reserved


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::1"])
def test_hosts_on_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(INSIDE)
def test_an_address_in_an_unusual_form_is_refused_outright(address: ipaddress.IPv4Address) -> None:
    first, second, third, fourth = parts = address.packed
    written = [
        f"{int(address)}",
        f"0x{int(address):x}",
        f"0{int(address):o}",
        ".".join(f"0x{part:x}" for part in parts),
        ".".join(f"0{part:o}" for part in parts),
        f"{first}.{second}.{third * 256 + fourth}",
        f"{first}.{int(address) & 0xFFFFFF}",
    ]
    for host in (*written, *(f"{item}." for item in written)):
        with pytest.raises(OutgoingRefused):
            EgressPolicy().checked(f"https://{host}/")
        with pytest.raises(ValueError, match="an address in an unusual form"):
            parse_literal(host)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.org/", "the scheme is http"),
        ("ftp://example.org/", "the scheme is ftp"),
        ("file:///etc/passwd", "the scheme is file"),
        ("https://example.org:22/", "the port is 22"),
        ("https://example.org:8443/", "the port is 8443"),
        ("https://user:pass@example.org/", "it holds a user name or password"),
        ("https://example.org@10.0.0.1/", "it holds a user name or password"),
        ("https://127.0.0.1/", "the address is not public"),
        ("https://[::1]/", "the address is not public"),
        ("https://[::ffff:127.0.0.1]/", "the address is not public"),
        ("https://[::]/", "the address is not public"),
        ("https://[fe80::1%25eth0]/", ""),
        ("https://169.254.169.254/latest/meta-data/", "the address is not public"),
        ("https://127.1/", "an address in an unusual form"),
        ("https://0177.0.0.1/", "it is no URL"),
        ("nonsense", "the scheme is missing"),
        ("https:///path", "there is no host"),
    ],
)
async def test_a_url_is_refused_before_anything_is_asked(url: str, reason: str) -> None:
    async def resolver(host: str, _port: int) -> Sequence[str]:
        raise AssertionError(host)

    with pytest.raises(OutgoingRefused) as caught:
        EgressPolicy().checked(url)
    assert reason in str(caught.value.facts["reason"])
    async with guarded_client(EgressPolicy(), resolver) as client:
        with pytest.raises((OutgoingRefused, httpx2.InvalidURL)):
            await client.get(url)


@pytest.mark.parametrize(
    "addresses",
    [("10.0.0.1",), ("93.184.215.14", "127.0.0.1"), ("::ffff:10.0.0.1",), ("64:ff9b::a00:1",), ("fe80::1%eth0",), ()],
)
async def test_a_name_that_leads_inside_is_refused_even_if_it_leads_outside_too(addresses: tuple[str, ...]) -> None:
    async with guarded_client(EgressPolicy(), to(*addresses)) as client:
        with pytest.raises(OutgoingRefused, match="the name leads to"):
            await client.get("https://hook.example/")


async def test_a_name_nobody_knows_is_refused() -> None:
    async def resolver(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    async with guarded_client(EgressPolicy(), resolver) as client:
        with pytest.raises(OutgoingRefused, match="the name is not known"):
            await client.get("https://hook.example/")


async def test_only_hosts_on_the_list_are_called() -> None:
    policy = EgressPolicy(hosts=frozenset({"hook.example", "*.hooks.example"}))
    for allowed in ("hook.example", "HOOK.example.", "a.hooks.example", "a.b.hooks.example"):
        policy.check_url(httpx2.URL(f"https://{allowed}/"))
    for other in ("hooks.example", "evil.example", "hook.example.evil.example", "xhook.example"):
        with pytest.raises(OutgoingRefused, match="not on the list"):
            policy.check_url(httpx2.URL(f"https://{other}/"))


async def test_the_address_that_was_checked_is_the_one_that_is_called(httpserver: HTTPServer) -> None:
    asked: list[str] = []

    async def changing(host: str, _port: int) -> Sequence[str]:
        """The first answer is allowed; a second look would lead elsewhere."""
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    httpserver.expect_request("/hook", headers={"Host": f"hook.example:{httpserver.port}"}).respond_with_data("ok")
    async with guarded_client(local(httpserver), changing) as client:
        response = await client.post(f"http://hook.example:{httpserver.port}/hook", content=b"x")
    assert (response.status_code, response.text, asked) == (200, "ok", ["hook.example"])


async def test_a_redirect_is_an_answer_and_is_not_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", 302, {"Location": "http://169.254.169.254/"})
    url = f"http://hook.example:{httpserver.port}/hook"
    async with guarded_client(local(httpserver), to("127.0.0.1")) as client:
        assert (await client.get(url)).status_code == 302
        with pytest.raises(OutgoingRefused):  # Whoever follows it all the same meets the guard again.
            await client.get(url, follow_redirects=True)


async def test_too_much_too_slow_and_packed_answers_are_given_up(httpserver: HTTPServer) -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait(_request: Request) -> Response:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()
        return Response("late")

    packed = {"Content-Encoding": "gzip"}
    httpserver.expect_request("/long").respond_with_data("x" * 2001)
    httpserver.expect_request("/packed").respond_with_data(gzip.compress(b"x" * 10_000), headers=packed)
    httpserver.expect_request("/slow").respond_with_handler(wait)
    policy = replace(local(httpserver), max_response_bytes=2000)
    async with guarded_client(policy, to("127.0.0.1")) as client:
        for path, reason in (("long", "longer than 2000 bytes"), ("packed", "the answer is packed")):
            with pytest.raises(OutgoingUnusable, match=reason):
                await client.get(f"http://hook.example:{httpserver.port}/{path}")
    async with guarded_client(replace(policy, total_s=0.05), to("127.0.0.1")) as client:
        with pytest.raises(OutgoingUnusable, match=r"no answer within 0\.05 s"):
            await client.get(f"http://hook.example:{httpserver.port}/slow")
    release.set()


async def test_a_further_address_is_tried_where_one_does_not_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("ok")
    async with guarded_client(local(httpserver), to("127.0.0.9", "127.0.0.1")) as client:
        assert (await client.get(f"http://hook.example:{httpserver.port}/")).text == "ok"


async def test_the_certificate_must_be_for_the_name_and_not_for_the_address(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    files = authority.certificate("hook.example")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    trust = ssl.create_default_context(cafile=str(authority.file))
    with HTTPServer(ssl_context=context) as server:
        server.expect_request("/").respond_with_data("ok")
        async with guarded_client(local(server), to("127.0.0.1"), trust) as client:
            assert (await client.get(f"https://hook.example:{server.port}/")).text == "ok"
            with pytest.raises(httpx2.ConnectError):
                await client.get(f"https://other.example:{server.port}/")


def test_a_literal_is_told_from_a_name() -> None:
    assert parse_literal("example.org") is None
    assert parse_literal("1.example") is None
    assert parse_literal("[2606:4700::1111]") == ipaddress.ip_address("2606:4700::1111")
