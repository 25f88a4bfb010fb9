"""An index under a fresh folder, and a hold on its process."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ragstone.backends.index_edge.index import EdgeIndex


class OwnedFolder:
    """A data folder and the process that owns its index."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def pid(self) -> int:
        return int((self.root / "index/process.lock").read_text())

    @property
    def log(self) -> str:
        return (self.root / "index/process.log").read_text()

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    async def process_ended(self) -> None:
        """Returns when the process that signed the lock has ended."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, ended.set)
        try:
            await asyncio.wait_for(ended.wait(), 20)
        finally:
            asyncio.get_running_loop().remove_reader(descriptor)
            os.close(descriptor)


@pytest.fixture
def folder(tmp_path: Path) -> OwnedFolder:
    return OwnedFolder(tmp_path)


@pytest.fixture
async def index(folder: OwnedFolder) -> AsyncIterator[EdgeIndex]:
    async with EdgeIndex(folder.root, grace_s=0.2) as edge:
        yield edge
