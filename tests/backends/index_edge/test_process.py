"""The life of the index process: one per folder, started by whoever needs it, gone when nobody does."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

from ragstone.backends.index_edge.index import EdgeIndex
from ragstone.backends.index_edge.launch import Refusal
from ragstone.backends.index_edge.layout import MAX_SOCKET_PATH_BYTES, IndexFormatUnknown, Layout
from ragstone.ports.search_index import IndexUnavailable
from ragstone.testing.search_index import SPACE, chunk_id, field_equals, point


class Folder(Protocol):
    root: Path

    @property
    def pid(self) -> int: ...
    @property
    def log(self) -> str: ...
    def signal(self, number: int) -> None: ...
    async def process_ended(self) -> None: ...


async def numbers_in(index: EdgeIndex) -> set[str]:
    return {entry.chunk_id for entry in await index.scan(SPACE, None, 100_000)}


async def test_killing_the_process_amid_writes_loses_nothing_acknowledged(index: EdgeIndex, folder: Folder) -> None:
    acknowledged: set[str] = set()
    killing_at = 50
    due = asyncio.Event()

    async def write(first: int) -> None:
        for number in range(first, first + 200, 5):
            batch = [point(one, 1) for one in range(number, number + 5)]
            await index.upsert(SPACE, batch)
            acknowledged.update(one.chunk_id for one in batch)
            if len(acknowledged) >= killing_at:
                due.set()

    for first in (1, 1001, 2001):
        writing = asyncio.gather(write(first), write(first + 500))
        await due.wait()
        folder.signal(signal.SIGKILL)
        await writing
        due.clear()
        killing_at = len(acknowledged) + 50
    assert folder.log.count("INFO owns") == 4
    assert await numbers_in(index) == acknowledged


async def test_a_deletion_survives_a_kill(index: EdgeIndex, folder: Folder) -> None:
    await index.upsert(SPACE, [point(number, 1) for number in range(1, 40)])
    await index.delete(SPACE, field_equals("chunk_id", chunk_id(7)))
    folder.signal(signal.SIGKILL)
    assert chunk_id(7) not in await numbers_in(index)
    assert await index.count(SPACE) == 38


async def test_a_terminated_process_flushes_and_is_replaced(index: EdgeIndex, folder: Folder) -> None:
    await index.upsert(SPACE, [point(1, 1)])
    ended = asyncio.create_task(folder.process_ended())
    await asyncio.sleep(0)
    folder.signal(signal.SIGTERM)
    await ended
    assert folder.log.count("INFO leaves") == 1
    assert await index.count(SPACE) == 1


async def test_several_clients_share_one_process(index: EdgeIndex, folder: Folder) -> None:
    async with EdgeIndex(folder.root) as other:
        await index.upsert(SPACE, [point(1, 1)])
        assert await other.count(SPACE) == 1
    assert folder.log.count("INFO owns") == 1
    assert await index.count(SPACE) == 1


async def test_clients_that_start_together_get_one_process(folder: Folder) -> None:
    async def ask() -> int:
        async with EdgeIndex(folder.root, grace_s=2) as client:
            return await client.count(SPACE)

    assert await asyncio.gather(*(ask() for _ in range(4))) == [0] * 4
    assert folder.log.count("INFO owns") == 1


async def test_the_process_leaves_when_nobody_is_connected(folder: Folder) -> None:
    async with EdgeIndex(folder.root, grace_s=0.1) as client:
        await client.upsert(SPACE, [point(1, 1)])
        assert "INFO leaves" not in folder.log
    await folder.process_ended()
    assert "INFO leaves" in folder.log
    assert not Layout(folder.root).socket.exists()


async def test_a_second_process_is_refused_at_once(index: EdgeIndex, folder: Folder) -> None:
    await index.list_spaces()
    command = [sys.executable, "-m", "ragstone.backends.index_edge.process", "--root", str(folder.root)]
    second = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False, timeout=30)
    assert second.returncode == Refusal.LOCKED
    assert b"Another index process owns" in second.stderr


async def test_a_long_path_moves_the_socket(tmp_path: Path) -> None:
    root = tmp_path / ("long" * 30)
    assert len(str(Layout(root).socket)) <= MAX_SOCKET_PATH_BYTES
    async with EdgeIndex(root, grace_s=0.1) as index:
        await index.upsert(SPACE, [point(1, 1)])
        assert await index.count(SPACE) == 1


async def test_a_folder_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index/format.json").write_text(json.dumps({"format": 99}))
    async with EdgeIndex(tmp_path) as index:
        with pytest.raises(IndexFormatUnknown) as refused:
            await index.list_spaces()
    assert refused.value.facts == {"path": str(tmp_path / "index"), "found": "99", "expected": 1}


async def test_a_damaged_shard_is_reported_with_its_path_and_harms_no_other(index: EdgeIndex, folder: Folder) -> None:
    other = type(SPACE)("tenant_2", SPACE.generation, SPACE.dimensions)
    for space in (SPACE, other):
        await index.upsert(space, [point(1, 1)])
    ended = asyncio.create_task(folder.process_ended())
    await asyncio.sleep(0)
    folder.signal(signal.SIGTERM)
    await ended
    damaged = Layout(folder.root).space(SPACE.tenant_id, SPACE.generation)
    for file in damaged.glob("shard_*/segments/**/*"):
        if file.is_file():
            file.write_bytes(b"rubbish")
    for _ in range(5):
        with pytest.raises(IndexUnavailable) as failed:
            await index.count(SPACE)
        assert failed.value.facts["path"] == str(damaged)
    assert await index.count(other) == 1
    await index.drop(SPACE)
    await index.upsert(SPACE, [point(2, 1)])
    assert await index.count(SPACE) == 1


async def test_what_a_crash_left_in_the_trash_is_removed_at_start(folder: Folder) -> None:
    left = Layout(folder.root).trash / "generation-1"
    async with EdgeIndex(folder.root, grace_s=0.1) as index:
        await index.list_spaces()
        left.mkdir(parents=True)
    await folder.process_ended()
    async with EdgeIndex(folder.root, grace_s=0.1) as index:
        await index.list_spaces()
        assert not left.exists()
