"""A server of its own for what would disturb others: limits, starts and ends, and stores that fail under it."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.journeys.api import Api
from tests.journeys.conftest import StartServer
from tests.journeys.server import Server

WITHOUT_MODEL = {"RAGSTONE_EMBEDDING__PROVIDER": "none"}
NDJSON = {"Content-Type": "application/x-ndjson"}
LINE = json.dumps({"text": "A line of a stream."}).encode() + b"\n"


def keep_asking(api: Api, query: str) -> httpx2.Response:
    """The first answer that is not 503."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        response = api.send("POST", "/search", json={"query": query})
        if response.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
            return response
    raise AssertionError("the index does not come back")


def test_without_a_model_words_alone_are_searched_and_sizes_are_limited(start_server: StartServer) -> None:
    sizes = {"RAGSTONE_HTTP__MAX_UPLOAD_BYTES": "1000", "RAGSTONE_HTTP__MAX_BODY_BYTES": "5000"}
    with Api(start_server(WITHOUT_MODEL | sizes).wait_until_ready()) as api:
        assert api.ok("GET", "/health/ready")["parts"]["embedder"]["status"] == "off"
        collection_id = api.collection("words")
        assert api.ok("GET", f"/collections/{collection_id}")["embedding_model"] == "none"
        api.ingest(collection_id, {"title": "Tern", "text": "The tern nests on the breakwater."})
        for mode in ("hybrid", "dense", "lexical"):
            found = api.search("Where does the tern nest?", mode=mode)
            assert [hit["document_title"] for hit in found["results"]] == ["Tern"]
            codes = [notice["code"] for notice in found["notices"]]
            assert codes == ([] if mode == "lexical" else ["no_embedding_model"])
        answer = api.ok("POST", "/answers", json={"query": "Where does the tern nest?"})
        assert [citation["quote"] for citation in answer["citations"]] == ["The tern nests on the breakwater."]

        path = f"/collections/{collection_id}/documents"
        files = [("files", ("small.txt", b"x" * 1000)), ("files", ("large.txt", b"x" * 1001))]
        api.problem(413, "upload_too_large", "POST", path, files=files)
        api.problem(413, "body_too_large", "POST", "/ingest", json={"text": "x" * 6000})
        api.problem(413, "body_too_large", "POST", "/search", json={"query": "x" * 6000})
        many = api.ok("POST", f"/ingest?collection_id={collection_id}", content=LINE * 200, headers=NDJSON)
        assert api.finished(many["job"])["status"] == "succeeded"
        listed = list(api.pages("/documents", collection_id=collection_id, limit=500))
        assert len(listed) == 201


def test_who_asks_or_guesses_too_much_is_told_when_to_come_back(start_server: StartServer) -> None:
    tight = {"RAGSTONE_LIMITS__KEY": "6/3", "RAGSTONE_LIMITS__GUESSES": "6/4", "RAGSTONE_LIMITS__SEARCH": "6/1"}
    with Api(start_server(WITHOUT_MODEL | tight).wait_until_ready()) as api:
        assert api.send("POST", "/search", json={"query": "x"}).headers["RateLimit-Limit"] == "1"
        refused = api.send("POST", "/search", json={"query": "x"})
        assert "search" in refused.json()["detail"]
        remaining = [api.send("GET", "/collections").headers["RateLimit-Remaining"] for _ in range(2)]
        assert remaining == ["1", "0"], "a refused request has been counted"
        response = api.send("GET", "/collections")
        assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
        assert 1 <= int(response.headers["Retry-After"]) <= 11
        assert response.json()["retry_after_s"] <= 10
        assert response.headers["RateLimit-Limit"] == "3"
        guesses = [api.send("GET", "/collections", headers={"X-API-Key": f"rs_{n}"}) for n in range(6)]
        assert [guess.status_code for guess in guesses] == [401] * 4 + [429] * 2
        assert "key" in response.json()["detail"]
        assert "guesses" in api.send("GET", "/collections").json()["detail"], "a guess may be right, too"
        assert api.send("GET", "/health").is_success


def test_a_server_that_is_told_to_end_gives_its_jobs_back(start_server: StartServer) -> None:
    first = start_server({})
    with Api(first.wait_until_ready()) as api:
        collection_id = api.collection("interrupted")
        texts = [{"text": f"The avocet sweeps water number {n}. " * 30} for n in range(60)]
        job = api.ok("POST", "/ingest", json={"collection_id": collection_id, "documents": texts})["job"]
        next(data for _, data in api.events("GET", f"/jobs/{job['id']}/events") if data["status"] != "queued")
    assert first.stop() == 0
    with contextlib.closing(sqlite3.connect(first.data_dir / "ragstone.sqlite")) as connection:
        assert connection.execute("SELECT status, lease_owner FROM jobs").fetchall() == [("queued", None)]
    with Api(start_server({}).wait_until_ready()) as api:
        assert api.finished(job)["status"] == "succeeded"
        assert len(list(api.pages("/documents", collection_id=collection_id, status="ready"))) == 60


def test_who_only_watches_does_not_keep_a_server_from_ending(start_server: StartServer) -> None:
    server = start_server(WITHOUT_MODEL | {"RAGSTONE_HTTP__SHUTDOWN_GRACE_S": "3600"})
    with Api(server.wait_until_ready()) as api:
        api.ingest(api.collection("watched"), {"text": "A job to watch."})
        news = api.events("GET", "/jobs/events")
        assert next(news)[0] == "job"
        assert server.stop() == 0
        assert list(news) == [], "the stream is ended, not broken"


def test_a_stream_that_the_server_does_not_live_to_see_the_end_of_leaves_nothing(start_server: StartServer) -> None:
    first = start_server(WITHOUT_MODEL)
    with Api(first.wait_until_ready()) as api:
        collection_id = api.collection("broken off")

        def body() -> Iterator[bytes]:
            yield LINE * 600
            with Api(api.url) as other:
                other.wait_for_documents(collection_id)
            first.kill()
            yield LINE

        with pytest.raises(httpx2.TransportError):
            api.send("POST", f"/ingest?collection_id={collection_id}", content=body(), headers=NDJSON)
    with Api(start_server(WITHOUT_MODEL).wait_until_ready()) as api:
        api.idle()
        assert list(api.pages("/documents")) == []
        assert api.ok("GET", "/jobs")["items"] == []


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Api]]:
    """A server with one document."""
    server = Server(tmp_path_factory.mktemp("served") / "data", WITHOUT_MODEL)
    server.spawn()
    try:
        with Api(server.wait_until_ready()) as api:
            api.ingest(api.collection("kept"), {"title": "Knot", "text": "The knot flies in flocks."})
            yield server, api
    finally:
        server.kill()


def test_a_second_server_on_one_data_folder_is_refused_and_the_first_lives_on(served: tuple[Server, Api]) -> None:
    first, api = served
    second = Server(first.data_dir, WITHOUT_MODEL)
    second.spawn()
    assert second.wait_until_ended() != 0
    told = second.log_path.read_text()
    assert "Traceback" not in told
    assert f"Another ragstone works on {first.data_dir}" in told
    assert api.ok("GET", "/health/ready")["status"] == "ok"


def kill_index(server: Server) -> None:
    pid = int((server.data_dir / "index" / "process.lock").read_text())
    assert str(server.data_dir).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    os.kill(pid, signal.SIGKILL)


def test_searches_recover_when_the_index_process_is_killed(served: tuple[Server, Api]) -> None:
    server, api = served
    for _ in range(3):
        kill_index(server)
        assert keep_asking(api, "knot").json()["results"][0]["document_title"] == "Knot"


def test_an_index_that_cannot_start_is_a_clear_problem_until_it_can(served: tuple[Server, Api]) -> None:
    server, api = served
    form = server.data_dir / "index" / "format.json"
    content = form.read_text()
    form.write_text('{"format": 99}')
    kill_index(server)
    for _ in range(4):
        response = api.send("POST", "/search", json={"query": "knot"})
        assert response.status_code == httpx2.codes.SERVICE_UNAVAILABLE
        assert response.json()["code"] in {"index_format_unknown", "index_unavailable"}
    ready = api.send("GET", "/health/ready")
    assert (ready.status_code, ready.json()["parts"]["index"]["status"]) == (503, "down")
    form.write_text(content)
    assert keep_asking(api, "knot").json()["results"][0]["document_title"] == "Knot"


def test_a_blob_folder_that_cannot_be_written_is_a_clear_problem_and_loses_nothing(served: tuple[Server, Api]) -> None:
    server, api = served
    collection_id = api.collection("files")
    blobs, aside = server.data_dir / "blobs", server.data_dir / "aside"
    api.finished(api.upload(collection_id, ("before.txt", b"The ruff displays."))["job"])
    blobs.rename(aside)
    blobs.write_text("not a folder")
    path = f"/collections/{collection_id}/documents"
    api.problem(503, "blob_store_unavailable", "POST", path, files=[("files", ("x.txt", b"x"))])
    assert [item["filename"] for item in api.pages("/documents", collection_id=collection_id)] == ["before.txt"]
    blobs.unlink()
    aside.rename(blobs)
    receipt = api.upload(collection_id, ("after.txt", b"The ruff rests."))
    assert api.finished(receipt["job"])["status"] == "succeeded"
    assert sorted(api.found("ruff")) == ["after", "before"]


def test_a_full_disk_is_a_clear_problem_and_loses_nothing(start_server: StartServer, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small)], capture_output=True)  # noqa: PLW1510 - Its status is looked at.
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        server = start_server(WITHOUT_MODEL | {"RAGSTONE_BLOBS__URL": small.as_uri()})
        with Api(server.wait_until_ready()) as api:
            collection_id = api.collection("files")
            api.finished(api.upload(collection_id, ("before.txt", b"The smew dives."))["job"])
            path = f"/collections/{collection_id}/documents"
            files = [("files", ("large.txt", b"x" * 2_000_000))]
            api.problem(503, "blob_store_unavailable", "POST", path, files=files)
            assert [item["filename"] for item in api.pages("/documents")] == ["before.txt"]
            receipt = api.upload(collection_id, ("after.txt", b"The smew surfaces."))
            assert api.finished(receipt["job"])["status"] == "succeeded"
            assert len([file for file in small.rglob("*") if file.is_file()]) == 2
        server.stop()
    finally:
        subprocess.run(["umount", str(small)], check=True)
