"""Settings from stores of secrets, each played by a real server that says what the store would."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ragstone.settings import SettingsInvalid, explain, load

KEY = "k" * 40
TOKEN = "hvs.a-token-of-vault"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RAGSTONE_CONFIG", "RAGSTONE_AUTH__BOOTSTRAP_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def vault(server: HTTPServer, **more: Any) -> dict[str, Any]:
    """Flags for a Vault."""
    return {"secrets.provider": "vault", "secrets.url": server.url_for("").rstrip("/"), "secrets.token": TOKEN, **more}


PLACE = "/v1/secret/data/ragstone"


def holds(server: HTTPServer, values: Mapping[str, Any], path: str = PLACE, **headers: str) -> None:
    server.expect_request(path, headers={"X-Vault-Token": TOKEN, **headers}).respond_with_json(
        {"data": {"data": values, "metadata": {"version": 3}}}
    )


def bootstrap_key(flags: dict[str, Any]) -> str:
    key = load(flags).auth.bootstrap_key
    assert key is not None
    return key.get_secret_value()


def test_vault_gives_settings_which_are_never_shown(httpserver: HTTPServer) -> None:
    holds(httpserver, {"auth__bootstrap_key": KEY, "http__port": "9000", "HTTP__CORS_ORIGINS": '["https://a.example"]'})
    flags = vault(httpserver)
    settings = load(flags)
    assert (settings.http.port, settings.http.cors_origins) == (9000, ("https://a.example",))
    assert bootstrap_key(flags) == KEY
    shown = {name: (value, source) for name, value, source in explain(settings, flags)}
    assert shown["auth.bootstrap_key"][1] == "secrets store vault"
    assert KEY not in str(shown)
    assert TOKEN not in str(shown)
    assert TOKEN not in repr(settings)


def test_the_store_beats_the_file_and_is_beaten_by_environment_secret_file_and_flag(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    file = tmp_path / "ragstone.toml"
    sections = "[http]\nport = 1", '[log]\nlevel = "debug"', f'[auth]\nbootstrap_key = "{KEY}"'
    file.write_text("\n".join(sections))
    (tmp_path / "key").write_text("f" * 40)
    holds(httpserver, {"http__port": 2, "http__host": "10.0.0.2", "auth__bootstrap_key": KEY, "index__timeout_s": 2})
    monkeypatch.setenv("RAGSTONE_HTTP__HOST", "10.0.0.3")
    monkeypatch.setenv("RAGSTONE_AUTH__BOOTSTRAP_KEY_FILE", str(tmp_path / "key"))
    settings = load(vault(httpserver, **{"index.timeout_s": 4.0}), file)
    assert settings.http.port == 2
    assert settings.log.level == "debug"
    assert settings.http.host == "10.0.0.3"
    assert settings.auth.bootstrap_key is not None
    assert settings.auth.bootstrap_key.get_secret_value() == "f" * 40
    assert settings.index.timeout_s == 4.0


def test_vault_takes_an_approle_a_namespace_and_another_place(httpserver: HTTPServer) -> None:
    httpserver.expect_request(
        "/v1/auth/approle/login", method="POST", json={"role_id": "r", "secret_id": "s"}
    ).respond_with_json({"auth": {"client_token": TOKEN}})
    holds(httpserver, {"auth__bootstrap_key": KEY}, "/v1/kv/data/apps/rag", **{"X-Vault-Namespace": "team"})
    place = {"secrets.mount": "kv", "secrets.name": "apps/rag", "secrets.namespace": "team"}
    role = {"secrets.token": None, "secrets.role_id": "r", "secrets.secret_id": "s"}
    assert bootstrap_key(vault(httpserver, **place, **role)) == KEY


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, {"errors": ["permission denied"]}, "the token or AppRole is not valid"),
        (404, {"errors": []}, "there is nothing at /v1/secret/data/ragstone; check secrets.mount"),
        (503, {"errors": ["sealed"]}, "it is sealed"),
        (500, {}, "is answered with 500"),
        (302, {}, "is answered with 302"),
        (200, {"data": {"auth__bootstrap_key": KEY}}, "something else than a secret"),
        (200, [], "something else than a secret"),
        (200, {"data": {"data": {"auth__bootstrap_kye": KEY}}}, "auth__bootstrap_kye in it names no setting"),
        (200, {"data": {"data": {"secrets__token": "x"}}}, "secrets__token in it names no setting"),
    ],
)
def test_a_vault_that_does_not_give_them_stops_the_start_with_a_reason(
    httpserver: HTTPServer, status: int, body: Any, reason: str
) -> None:
    httpserver.expect_request("/v1/secret/data/ragstone").respond_with_json(body, status)
    with pytest.raises(SettingsInvalid) as caught:
        load(vault(httpserver))
    assert reason in str(caught.value)
    assert "secrets.provider=vault" in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_value_of_the_store_that_cannot_be_is_named_with_its_source(httpserver: HTTPServer) -> None:
    holds(httpserver, {"http__port": "99999"})
    with pytest.raises(SettingsInvalid, match=r"http\.port \(from secrets store vault\)"):
        load(vault(httpserver))


def test_a_silent_store_stops_the_start_after_its_time() -> None:
    with asyncio.Runner() as runner:
        silent = runner.run(asyncio.start_server(lambda _reader, _writer: asyncio.sleep(0), "127.0.0.1", 0))
        port = silent.sockets[0].getsockname()[1]
        flags = {"secrets.provider": "vault", "secrets.url": f"http://127.0.0.1:{port}", "secrets.token": TOKEN}
        with pytest.raises(SettingsInvalid, match=r"it does not answer"):
            load({**flags, "secrets.timeout_s": 0.05})
        silent.close()


@pytest.mark.parametrize(
    ("flags", "advice"),
    [
        ({"secrets.provider": "vault"}, r"secrets\.url is needed"),
        ({"secrets.provider": "azure"}, r"secrets\.url is needed"),
        ({"secrets.provider": "vault", "secrets.url": "http://x"}, r"wants secrets\.token, or secrets\.role_id with"),
        ({"secrets.provider": "magic"}, "secrets.provider"),
    ],
)
def test_a_store_that_is_half_named_is_refused_with_advice(flags: dict[str, Any], advice: str) -> None:
    with pytest.raises(SettingsInvalid, match=advice):
        load(flags)


@pytest.mark.parametrize(("provider", "url"), [("gcp", None), ("azure", "https://v.vault.azure.net")])
def test_a_store_whose_extra_is_not_installed_says_which(provider: str, url: str | None) -> None:
    with pytest.raises(SettingsInvalid, match=rf"pip install 'ragstone\[{provider}\]'"):
        load({"secrets.provider": provider, "secrets.url": url})


def amazon(server: HTTPServer, provider: str, **more: Any) -> dict[str, Any]:
    """Flags for AWS, with this server in the region's place."""
    place = {"secrets.url": server.url_for("").rstrip("/"), "secrets.region": "eu-central-1"}
    return {"secrets.provider": provider, **place, **more}


def test_aws_secrets_manager_gives_settings(httpserver: HTTPServer) -> None:
    httpserver.expect_request(
        "/", headers={"X-Amz-Target": "secretsmanager.GetSecretValue"}, json={"SecretId": "prod/rag"}
    ).respond_with_json({"Name": "prod/rag", "SecretString": json.dumps({"auth__bootstrap_key": KEY})})
    flags = amazon(httpserver, "aws", **{"secrets.name": "prod/rag"})
    assert bootstrap_key(flags) == KEY
    assert KEY not in str(explain(load(flags), flags))


def test_parameters_of_aws_are_read_page_by_page(httpserver: HTTPServer) -> None:
    pages = {
        None: {"Parameters": [{"Name": "/rag/auth/bootstrap_key", "Value": KEY}], "NextToken": "more"},
        "more": {"Parameters": [{"Name": "/rag/http/port", "Value": "9001"}]},
    }

    def answer(request: Request) -> Response:
        asked = request.get_json(force=True)
        assert (asked["Path"], asked["WithDecryption"]) == ("/rag", True)
        return Response(json.dumps(pages[asked.get("NextToken")]), content_type="application/x-amz-json-1.1")

    httpserver.expect_request("/").respond_with_handler(answer)
    flags = amazon(httpserver, "aws-parameters", **{"secrets.name": "rag"})
    assert (bootstrap_key(flags), load(flags).http.port) == (KEY, 9001)


def test_a_secret_of_aws_that_is_not_there_stops_the_start_with_a_reason(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_json(
        {"__type": "ResourceNotFoundException", "Message": "Secrets Manager can't find the specified secret."}, 400
    )
    with pytest.raises(SettingsInvalid, match="can't find the specified secret"):
        load(amazon(httpserver, "aws"))
