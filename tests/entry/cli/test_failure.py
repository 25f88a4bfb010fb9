"""What people are told when something goes wrong, against servers that are wrong in every way."""

import json
import socket

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner, Result
from werkzeug import Request, Response

from ragstone.entry.cli.failure import EXIT_CODES, kind_of
from ragstone.entry.cli.main import app
from ragstone.kit.problem import Kind

PROBLEM = {
    "type": "/problems/credential_invalid",
    "title": "Credential invalid",
    "status": 401,
    "detail": "The API key is not valid, or no longer.",
    "code": "credential_invalid",
    "request_id": "req_1",
    "errors": [{"pointer": "#/query", "code": "missing", "detail": "Field required"}],
}


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "RAGSTONE_URL", "RAGSTONE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")


def _run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_every_kind_of_problem_has_an_exit_code_of_its_own() -> None:
    assert set(EXIT_CODES) == set(Kind)
    assert len(set(EXIT_CODES.values())) == len(Kind)
    assert not {0, 1, 130} & set(EXIT_CODES.values())


@pytest.mark.parametrize(("status", "kind"), [(404, Kind.NOT_FOUND), (405, Kind.INVALID), (599, Kind.INTERNAL)])
def test_the_kind_is_told_from_the_status(status: int, kind: Kind) -> None:
    assert kind_of({"status": status}) is kind


def test_a_server_that_is_not_there_is_said_so_with_what_to_do() -> None:
    ran = _run("collections", "list", "--url", f"http://127.0.0.1:{_closed_port()}", "--key", "k")
    assert ran.exit_code == EXIT_CODES[Kind.UNAVAILABLE]
    assert "Server unreachable" in ran.stderr
    assert "ragstone serve" in ran.stderr
    assert ran.stdout == ""


def test_the_language_of_the_environment_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ar_SA.UTF-8")
    assert "تعذّر الوصول إلى الخادم" in _run("jobs", "list", "--url", f"http://127.0.0.1:{_closed_port()}").stderr


def test_a_problem_is_shown_with_fields_and_request_id_and_asked_for_in_our_language(httpserver: HTTPServer) -> None:
    httpserver.expect_request(
        "/api/v1/search", headers={"Accept-Language": "en", "Authorization": "Bearer k"}
    ).respond_with_json(PROBLEM, 401, content_type="application/problem+json")
    ran = _run("search", "x", "--url", httpserver.url_for("/"), "--key", "k")
    assert ran.exit_code == EXIT_CODES[Kind.UNAUTHENTICATED]
    for told in ("Credential invalid", "no longer.", "#/query: Field required", "--key", "req_1"):
        assert told in ran.stderr


def test_with_json_the_problem_itself_is_on_standard_error(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v1/search").respond_with_json(PROBLEM, 401, content_type="application/problem+json")
    ran = _run("--json", "search", "x", "--url", httpserver.url_for(""))
    assert json.loads(ran.stderr) == PROBLEM
    assert ran.stdout == ""


@pytest.mark.parametrize("status", [200, 404, 502])
def test_something_that_is_no_ragstone_is_recognised(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/api/v1/jobs").respond_with_data("<h1>Welcome</h1>", status, content_type="text/html")
    ran = _run("jobs", "list", "--url", httpserver.url_for(""))
    assert ran.exit_code == EXIT_CODES[Kind.UNAVAILABLE]
    assert "Unexpected answer" in ran.stderr


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host", "http://[::1"])
def test_a_url_that_is_none_is_said_so(url: str) -> None:
    ran = _run("jobs", "list", "--url", url)
    assert ran.exit_code == EXIT_CODES[Kind.INVALID]
    assert "URL invalid" in ran.stderr


def test_a_broken_connection_is_tried_again_for_reading_only(httpserver: HTTPServer) -> None:
    asked: list[str] = []

    def flaky(request: Request) -> Response:
        asked.append(request.method)
        if len(asked) == 1:
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return Response('{"items": [], "next_cursor": null}', content_type="application/json")

    httpserver.expect_request("/api/v1/jobs").respond_with_handler(flaky)
    assert _run("jobs", "list", "--url", httpserver.url_for("")).exit_code == 0
    assert asked == ["GET", "GET"]


def test_a_bad_setting_ends_with_2_and_names_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGSTONE_HTTP__PORT", "many")
    ran = _run("settings", "show")
    assert ran.exit_code == 2
    assert "http.port" in ran.stderr
    assert "RAGSTONE_HTTP__PORT" in ran.stderr


def test_a_defect_is_no_traceback_unless_asked_for(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v1/jobs").respond_with_json({"unexpected": True})
    words = ("jobs", "list", "--url", httpserver.url_for(""))
    assert _run(*words).exit_code == EXIT_CODES[Kind.INTERNAL]
    assert "Traceback" not in _run(*words).stderr
    assert "Traceback" in _run(*words, "--debug").stderr


def test_flags_beat_the_environment(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    httpserver.expect_request("/api/v1/jobs", headers={"Authorization": "Bearer flag"}).respond_with_json(
        {"items": [], "next_cursor": None}
    )
    monkeypatch.setenv("RAGSTONE_URL", f"http://127.0.0.1:{_closed_port()}")
    monkeypatch.setenv("RAGSTONE_API_KEY", "environment")
    assert _run("--url", httpserver.url_for(""), "--key", "flag", "jobs", "list").exit_code == 0
    assert _run("jobs", "list", "--url", httpserver.url_for(""), "--key", "flag").exit_code == 0
