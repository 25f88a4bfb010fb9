"""A server whose embedding model is on another server, which comes and goes."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from tests.backends.embed_openai.server import Asked, EmbeddingServer
from tests.journeys.api import Api
from tests.journeys.conftest import StartServer
from werkzeug import Request, Response

TIDES = {"text": "High water at the quay is at noon.", "title": "Tides"}


@contextmanager
def embedding_server(port: int) -> Iterator[HTTPServer]:
    """One in a thread, as the other side is another process."""
    model = EmbeddingServer()

    def answer(request: Request) -> Response:
        return Response(model.good(Asked({}, json.loads(request.data))).content, content_type="application/json")

    with HTTPServer(port=port) as server:
        server.expect_request("/v1/embeddings", method="POST").respond_with_handler(answer)
        yield server


@pytest.fixture
def port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(port: int) -> dict[str, str]:
    return {
        "RAGSTONE_EMBEDDING__PROVIDER": "openai",
        "RAGSTONE_EMBEDDING__MODEL": "a-model-nobody-knows",
        "RAGSTONE_EMBEDDING__BASE_URL": f"http://127.0.0.1:{port}/v1",
    }


def notices(api: Api, query: str) -> list[str]:
    return [notice["code"] for notice in api.ok("POST", "/search", json={"query": query})["notices"]]


def test_a_model_that_cannot_be_reached_keeps_nobody_from_starting(start_server: StartServer, port: int) -> None:
    server = start_server(settings(port))
    with Api(server.wait_until_ready()) as api:
        ready = api.send("GET", "/health/ready")
        assert (ready.status_code, ready.json()["parts"]["embedder"]["status"]) == (200, "down")
        assert api.send("POST", "/collections", json={"name": "early"}).json()["code"] == "embedder_size_unknown"

        with embedding_server(port):
            wait_until_the_size_is_known(api)
            receipt = api.ingest(api.collection("tides"), TIDES)
            assert {document["status"] for document in receipt["documents"]} >= {"pending"}
            api.idle()
            assert notices(api, "high water") == []

        found = api.ok("POST", "/search", json={"query": "noon"})
        assert [notice["code"] for notice in found["notices"]] == ["embedder_unavailable"]
        assert len(found["results"]) == 1


def wait_until_the_size_is_known(api: Api) -> None:
    deadline = time.monotonic() + 60
    while api.send("GET", "/health/ready").json()["parts"]["embedder"]["status"] != "ok":
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_server_that_is_not_told_where_its_model_is_says_so(start_server: StartServer) -> None:
    server = start_server({"RAGSTONE_EMBEDDING__PROVIDER": "openai", "RAGSTONE_EMBEDDING__MODEL": "my-model"})
    assert server.wait_until_ended() != 0
    assert "RAGSTONE_EMBEDDING__BASE_URL" in server.log_path.read_text()


def test_a_key_comes_from_a_file(start_server: StartServer, port: int, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-from-a-file\n")
    with embedding_server(port) as remote:
        server = start_server(settings(port) | {"RAGSTONE_EMBEDDING__API_KEY_FILE": str(key)})
        server.wait_until_ready()
        (request, _), *_ = remote.log
        assert request.headers["Authorization"] == "Bearer sk-from-a-file"
    assert "sk-from-a-file" not in server.log_path.read_text()
