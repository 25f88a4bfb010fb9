"""A disk that is full or cannot be written: the server says so, loses nothing, and recovers by itself."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.api import Api
from tests.journeys.server import Server

from ragstone.bootstrap import build
from ragstone.features.operations.doctor.examine import examine
from ragstone.settings import Settings

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser may mount a disk")

_SIZE = "192m"
_FULL_FOR_S = 3.0
_PIECE = bytes(64 * 1024)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def running(disk: Path) -> Iterator[Api]:
    server = Server(disk / "data")
    server.log_path = disk.parent / "server.log"
    server.spawn()
    try:
        with Api(server.wait_until_ready()) as api:
            yield api
        assert server.stop() == 0
    finally:
        server.kill()


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left on the disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(_PIECE)
    try:
        yield
    finally:
        ballast.unlink()


@contextlib.contextmanager
def read_only(disk: Path) -> Iterator[None]:
    _mount("-o", "remount,ro", str(disk))
    try:
        yield
    finally:
        _mount("-o", "remount,rw", str(disk))


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def texts(name: str, count: int) -> list[dict[str, Any]]:
    return [{"title": f"{name} {n}", "text": f"The {name} flies {n} times. " * 40} for n in range(count)]


def is_refused(api: Api, path: str, **request: Any) -> None:
    """In words, as something that may pass."""
    response = api.send("POST", path, **request)
    assert response.status_code == 503, response.text
    assert response.json()["code"] in {"database_unavailable", "blob_store_unavailable"}


async def nothing_is_wrong(disk: Path) -> None:
    async with build(Settings(data_dir=disk / "data")) as runtime:
        assert (await examine(runtime)).findings == ()


async def test_a_full_disk_is_told_and_outlived(disk: Path) -> None:
    with running(disk) as api:
        collection_id = api.collection("birds")
        api.ingest(collection_id, *texts("gannet", 3))
        many = {"collection_id": collection_id, "documents": texts("curlew", 200)}
        job = api.ok("POST", "/ingest", json=many)["job"]
        with full(disk):
            is_refused(api, "/ingest", json={"text": "x" * 1_000_000})
            is_refused(api, f"/collections/{collection_id}/documents", files=[("files", ("a.txt", bytes(4_000_000)))])
            assert len(set(api.found("gannet", mode="lexical"))) == 3, "what is there is still found"
            await asyncio.sleep(_FULL_FOR_S)
            assert api.ok("GET", f"/jobs/{job['id']}")["status"] in {"queued", "running", "succeeded"}
        finished = await asyncio.to_thread(api.finished, job)
        assert finished["status"] == "succeeded"
        listed = list(api.pages("/documents", collection_id=collection_id, status="ready"))
        assert len(listed) == 203
        api.ingest(collection_id, *texts("plover", 2))
        assert len(set(api.found("plover", mode="lexical"))) == 2
    await nothing_is_wrong(disk)


def test_a_server_on_a_read_only_disk_says_what_to_do(disk: Path) -> None:
    with read_only(disk):
        server = Server(disk / "data")
        server.log_path = disk.parent / "server.log"
        server.spawn()
        assert server.wait_until_ended() != 0
        assert "read-only" in server.log_path.read_text().lower()
