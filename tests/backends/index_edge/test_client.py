"""What callers feel when the process is slow, dead, or cannot start."""

import asyncio
import signal
from pathlib import Path
from typing import Protocol

import pytest

from ragstone.backends.index_edge.client import Client
from ragstone.backends.index_edge.index import EdgeIndex, EdgeTimeouts
from ragstone.backends.index_edge.launch import LaunchOptions
from ragstone.backends.index_edge.wire import Operation
from ragstone.kit.resilience.breaker import Breaker
from ragstone.ports.search_index import IndexUnavailable
from ragstone.testing.search_index import SPACE, point


class Folder(Protocol):
    root: Path

    def signal(self, number: int) -> None: ...


class UnableToStart:
    """A program that stands in for Python and counts how often it was asked to start the process."""

    def __init__(self, folder: Path) -> None:
        self._asked = folder / "asked"
        self.path = folder / "python"
        self.path.write_text(f"#!/bin/sh\necho >> {self._asked}\necho the disk is gone >&2\nexit 3\n")
        self.path.chmod(0o700)

    @property
    def asked(self) -> int:
        return len(self._asked.read_text())


@pytest.fixture
def unable(tmp_path: Path) -> UnableToStart:
    return UnableToStart(tmp_path)


def unable_client(folder: Path, python: Path, breaker: Breaker) -> Client:
    return Client(LaunchOptions(folder, python=str(python)), folder / "socket", 5, breaker)


async def call(client: Client) -> str:
    with pytest.raises(IndexUnavailable) as failed:
        await client.call(Operation.LIST_SPACES, None, timeout_s=1)
    return str(failed.value.facts["reason"])


async def test_an_index_that_cannot_start_is_soon_refused_without_trying(unable: UnableToStart, tmp_path: Path) -> None:
    client = unable_client(tmp_path, unable.path, Breaker("index", threshold=3, pause_s=60))
    assert [await call(client) for _ in range(3)] == ["the disk is gone"] * 3
    assert {await call(client) for _ in range(50)} == {"the index did not answer a moment ago"}
    assert unable.asked == 3


async def test_a_refused_index_is_tried_again_after_a_pause(unable: UnableToStart, tmp_path: Path) -> None:
    client = unable_client(tmp_path, unable.path, Breaker("index", threshold=1, pause_s=0, longest_pause_s=0))
    await call(client)
    assert await call(client) == "the disk is gone"
    assert unable.asked == 2


async def test_a_missing_interpreter_is_told(tmp_path: Path) -> None:
    client = unable_client(tmp_path, tmp_path / "none", Breaker("index", threshold=3, pause_s=60))
    assert "No such file" in await call(client)


async def test_a_stuck_process_costs_no_more_than_the_timeout(folder: Folder) -> None:
    async with EdgeIndex(folder.root, EdgeTimeouts(read_s=0.2, breaker_pause_s=0), grace_s=0.1) as index:
        await index.list_spaces()
        folder.signal(signal.SIGSTOP)
        try:
            with pytest.raises(IndexUnavailable) as failed:
                await index.count(SPACE)
        finally:
            folder.signal(signal.SIGCONT)
        assert failed.value.facts["reason"] == "no answer within 0.2 s"
        assert await index.count(SPACE) == 0


async def test_cancelled_calls_do_not_open_the_breaker(index: EdgeIndex) -> None:
    await index.upsert(SPACE, [point(1, 1)])
    for _ in range(10):
        asked = asyncio.create_task(index.count(SPACE))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
    assert await index.count(SPACE) == 1


async def test_many_calls_at_once_get_their_own_answers(index: EdgeIndex) -> None:
    await asyncio.gather(*(index.upsert(SPACE, [point(number, 1)]) for number in range(1, 65)))
    pages = await asyncio.gather(*(index.scan(SPACE, None, limit) for limit in range(1, 65)))
    assert [len(page) for page in pages] == list(range(1, 65))


async def test_leaving_a_client_that_never_called_starts_nothing(folder: Folder) -> None:
    async with EdgeIndex(folder.root):
        pass
    assert not (folder.root / "index").exists()
