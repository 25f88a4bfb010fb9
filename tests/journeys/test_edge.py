"""The outer edge of a server, as browsers, proxies and strangers meet it."""

import re
import ssl
from collections.abc import Iterator

import httpx2
import pytest
from tests.certificates import Authority
from tests.journeys.api import Api, check_problem
from tests.journeys.server import KEY, Server

APP = "https://app.example.org"
ASKING = {"Origin": APP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def hardened(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with every setting of the edge in use."""
    files = authority.certificate("rag.example.org")
    settings = {
        "RAGSTONE_MODE": "production",
        "RAGSTONE_TLS__CERTIFICATE": str(files.certificate),
        "RAGSTONE_TLS__KEY": str(files.key),
        "RAGSTONE_TLS__MINIMUM_VERSION": "1.3",
        "RAGSTONE_TLS__CLIENT_CA": str(authority.file),
        "RAGSTONE_HTTP__ALLOWED_HOSTS": '["rag.example.org", "*.tenants.example.org"]',
        "RAGSTONE_HTTP__CORS_ORIGINS": f'["{APP}"]',
    }
    server = Server(tmp_path_factory.mktemp("hardened") / "data", settings)
    server.spawn()
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="module")
def caller(hardened: Server, authority: Authority) -> Iterator[httpx2.Client]:
    """With a certificate, and by the server's own name."""
    files = authority.certificate("caller")
    context = ssl.create_default_context(cafile=str(authority.file))
    context.load_cert_chain(files.certificate, files.key)
    context.check_hostname = False  # The test reaches it by its address.
    headers = {"X-API-Key": KEY, "Host": "rag.example.org"}
    with httpx2.Client(
        base_url=hardened.wait_until_ready(), verify=context, headers=headers, timeout=60, trust_env=False
    ) as client:
        yield client


@pytest.mark.parametrize("path", ["/health", "/api/v1/collections", "/api/v1/nothing", "/openapi.json", "/docs"])
def test_every_answer_tells_a_browser_to_trust_nothing_in_it(api: Api, path: str) -> None:
    headers = api.http.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert path == "/docs" or "sandbox" in policy
    assert "Strict-Transport-Security" not in headers
    assert "Server" not in headers


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_documentation_loads_nothing_its_policy_forbids(api: Api, page: str) -> None:
    response = api.http.get(page)
    script_sources = re.search(r"script-src ([^;]+);", response.headers["Content-Security-Policy"])
    assert script_sources is not None
    assert script_sources[1] == "'self'"
    assert re.findall(r"<script(?![^>]* src=)", response.text) == []
    assert re.findall(r"<style| style=| on\w+=|javascript:", response.text) == []
    loaded = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    assert len(loaded) >= 2
    for path in loaded:
        assert path.startswith("/"), path
        assert api.http.get(path).status_code == 200, path
    scripts = [path for path in loaded if path.endswith(".js")]
    assert all("javascript" in api.http.get(path).headers["Content-Type"] for path in scripts)


def test_pages_of_other_origins_are_told_nothing_by_default(api: Api) -> None:
    response = api.http.get("/api/v1/collections", headers={"Origin": APP})
    assert not [name for name in response.headers if name.startswith("access-control-")]
    refused = api.http.request("OPTIONS", "/api/v1/collections", headers=ASKING)
    assert refused.status_code == 405
    check_problem(refused)


def test_a_named_origin_may_call_and_read_even_what_went_wrong(caller: httpx2.Client) -> None:
    preflight = caller.request("OPTIONS", "/api/v1/search", headers=ASKING)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == APP
    assert preflight.headers["Access-Control-Allow-Headers"] == "x-api-key"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["X-Request-ID"]
    for path in ("/api/v1/collections", "/api/v1/nothing"):
        headers = caller.get(path, headers={"Origin": APP}).headers
        assert headers["Access-Control-Allow-Origin"] == APP
        assert "X-Request-ID" in headers["Access-Control-Expose-Headers"]
        assert "Origin" in headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://app.example.org.evil.example", ""])
def test_another_origin_is_told_nothing(caller: httpx2.Client, origin: str) -> None:
    answers = [
        caller.get("/health", headers={"Origin": origin}),
        caller.request("OPTIONS", "/api/v1/search", headers={**ASKING, "Origin": origin}),
    ]
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("rag.example.org", 200),
        ("RAG.example.org:443", 200),
        ("a.tenants.example.org", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:1", 200),
        ("tenants.example.org", 421),
        ("rag.example.org.evil.example", 421),
        ("evil.example", 421),
        ("evil.example:443", 421),
        ("", 421),
    ],
)
def test_only_the_names_of_the_server_are_answered(caller: httpx2.Client, host: str, status: int) -> None:
    response = caller.get("/health", headers={"Host": host})
    assert response.status_code == status
    if status == 421:
        assert response.json()["code"] == "host_not_allowed"
        check_problem(response)


def test_browsers_are_told_to_stay_with_tls(caller: httpx2.Client) -> None:
    assert caller.get("/health").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_caller_without_a_certificate_is_not_let_in(hardened: Server, authority: Authority) -> None:
    context = ssl.create_default_context(cafile=str(authority.file))
    context.check_hostname = False
    with (
        httpx2.Client(verify=context, trust_env=False) as client,
        pytest.raises((httpx2.ReadError, httpx2.ConnectError, httpx2.RemoteProtocolError)),
    ):
        client.get(f"{hardened.wait_until_ready()}/health")


def test_an_older_tls_than_the_settings_want_is_not_spoken(hardened: Server, authority: Authority) -> None:
    context = ssl.create_default_context(cafile=str(authority.file))
    context.check_hostname = False
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with httpx2.Client(verify=context, trust_env=False) as client, pytest.raises(httpx2.ConnectError):
        client.get(f"{hardened.wait_until_ready()}/health")
