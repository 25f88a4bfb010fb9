"""Files under stress: kills, full disks, closed folders, dead servers, slow senders."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from ragstone.backends.blobs.keys import BlobKeyInvalid
from ragstone.backends.blobs.store import ObjectBlobStore
from ragstone.ports.blob_store import BlobStoreUnavailable

PUT_UNTIL_KILLED = """
import asyncio, sys
from ragstone.backends.blobs.store import ObjectBlobStore

async def content():
    for _ in range(30):
        yield b"x" * 1_000_000
    print("staged", flush=True)
    await asyncio.Event().wait()

asyncio.run(ObjectBlobStore(sys.argv[1], 30).put("ten_1/doc_1", content()))
"""
PUT_ALL = """
import asyncio, sys
from ragstone.backends.blobs.store import ObjectBlobStore
from ragstone.ports.blob_store import BlobStoreUnavailable

async def content():
    for _ in range(4):
        yield b"x" * 1_000_000

async def put(key):
    store = ObjectBlobStore(sys.argv[1], 30)
    try:
        await store.put(key, content())
    except BlobStoreUnavailable as problem:
        print(problem.facts["reason"])
    assert [stat async for stat in store.list_blobs()] == []

asyncio.run(put("ten_1/doc_1"))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def store(folder: Path) -> ObjectBlobStore:
    return ObjectBlobStore(folder.as_uri(), timeout_s=30)


@pytest.fixture
def closed_folder(folder: Path) -> Iterator[Path]:
    closed = folder / "closed"
    closed.mkdir(parents=True, mode=0o500)
    yield closed
    closed.chmod(0o700)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def entries_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def put_and_kill(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PUT_UNTIL_KILLED, folder.as_uri()], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"staged\n"
        writer.kill()
    assert writer.returncode == -signal.SIGKILL


async def content(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_kill_in_the_middle_leaves_no_visible_blob(store: ObjectBlobStore, folder: Path) -> None:
    put_and_kill(folder)
    assert files_in(folder), "the kill came before anything was written"
    assert [stat async for stat in store.list_blobs()] == []
    await store.put("ten_1/doc_1", content(b"whole"))
    assert [stat.size_bytes async for stat in store.list_blobs()] == [5]


@pytest.mark.parametrize("key", ["ten_1/doc", "ten_1/hash#doc", "ten_1/كتاب"])
async def test_what_is_being_written_is_never_listed(store: ObjectBlobStore, folder: Path, key: str) -> None:
    async def watched() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * 1_000_000
            assert [stat async for stat in store.list_blobs()] == []
        assert files_in(folder)

    await store.put(key, watched())
    assert [stat.key async for stat in store.list_blobs()] == [key]


async def test_deleting_the_last_blob_of_a_folder_removes_the_folder(store: ObjectBlobStore, folder: Path) -> None:
    await store.put("ten_1/doc_1/original", content(b"x"))
    await store.delete("ten_1/doc_1/original")
    assert entries_in(folder) == []


def test_a_disk_that_takes_no_more_is_told_in_the_words_of_the_system(folder: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    command = [sys.executable, "-c", PUT_ALL, folder.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, preexec_fn=limit)
    assert "File too large" in done.stdout
    assert not files_in(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
async def test_a_folder_that_may_not_be_written_is_told(store: ObjectBlobStore, closed_folder: Path) -> None:
    with pytest.raises(BlobStoreUnavailable, match="Permission denied"):
        await store.put(f"{closed_folder.name}/doc_1", content(b"x"))


async def test_a_file_in_the_way_of_a_folder_is_told(store: ObjectBlobStore) -> None:
    await store.put("ten_1", content(b"x"))
    with pytest.raises(BlobStoreUnavailable, match=r"Not a directory|File exists"):
        await store.put("ten_1/doc_1", content(b"x"))


@pytest.mark.parametrize("url", ["nonsense", "ftp://host/folder", "file:///dev/null/blobs"])
def test_a_url_that_leads_nowhere_is_told_at_once(url: str) -> None:
    with pytest.raises(BlobStoreUnavailable):
        ObjectBlobStore(url, timeout_s=30)


async def test_a_key_that_climbs_is_refused_by_every_call(store: ObjectBlobStore) -> None:
    with pytest.raises(BlobKeyInvalid):
        await store.put("../doc_1", content(b"x"))
    with pytest.raises(BlobKeyInvalid):
        await anext(store.read("../doc_1"))
    with pytest.raises(BlobKeyInvalid):
        await store.stat("../doc_1")
    with pytest.raises(BlobKeyInvalid):
        await store.delete("../doc_1")
    with pytest.raises(BlobKeyInvalid):
        await anext(store.list_blobs("../ten_1/"))


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], ObjectBlobStore]:
    def at(port: int) -> ObjectBlobStore:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_REGION", "here")
        return ObjectBlobStore("s3://bucket/prefix", timeout_s=0.5)

    return at


async def expect_unavailable(store: ObjectBlobStore) -> None:
    with pytest.raises(BlobStoreUnavailable):
        await store.stat("ten_1/doc_1")
    with pytest.raises(BlobStoreUnavailable):
        await store.put("ten_1/doc_1", content(b"x" * 20_000_000))
    with pytest.raises(BlobStoreUnavailable):
        await anext(store.list_blobs())


async def test_a_cloud_that_cannot_be_reached_is_told(cloud: Callable[[int], ObjectBlobStore]) -> None:
    await expect_unavailable(cloud(9))


async def test_a_cloud_that_never_answers_is_told_in_time(cloud: Callable[[int], ObjectBlobStore]) -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65_536):
            pass
        writer.close()

    async with await asyncio.start_server(swallow, "127.0.0.1") as server:
        await expect_unavailable(cloud(server.sockets[0].getsockname()[1]))


async def test_a_slow_sender_does_not_use_up_the_time_of_the_store(folder: Path) -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * 2_000_000
            await asyncio.sleep(0.4)

    store = ObjectBlobStore(folder.as_uri(), timeout_s=1.0)
    assert (await store.put("ten_1/doc_1", slow())).size_bytes == 8_000_000
