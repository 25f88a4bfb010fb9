"""Building graphs without stopping the searches.

The engine's `optimize` holds the interpreter for its whole length, over a minute at 100,000 points. So a copy of the
shard is optimized by a process of its own at low priority, the writes of the meantime are journaled and done again on
the copy, and the marker of the space is then switched to it: a crash at any moment leaves the old shard in force.
"""

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Final

from qdrant_edge import EdgeShard

from ragstone.backends.index_edge.shard import Shard
from ragstone.backends.index_edge.space import Space, raw_point
from ragstone.backends.index_edge.wire import FrameReader, unpack

MIN_WRITES: Final = 20_000
"""Points written since the last time that make a rebuild worth its minutes; as many as are scanned exactly anyway."""

MIN_WRITES_WHILE_BUSY: Final = 50_000
"""The same while writing goes on; then also half of the points, so that all rebuilds of a growing index cost as one."""

QUIET_S: Final = 3.0
"""Seconds without a write after which the writer counts as done."""

_NICENESS: Final = 10
_PR_SET_PDEATHSIG: Final = 1
_READ_BYTES: Final = 1 << 18


def is_worth_rebuilding(points: int, unoptimized: int, quiet_s: float) -> bool:
    """Whether the graphs should be built now, given the points that are in none."""
    if quiet_s >= QUIET_S:
        return unoptimized >= MIN_WRITES
    return unoptimized >= max(MIN_WRITES_WHILE_BUSY, points // 2)


async def rebuild(space: Space) -> bool:
    """Replace the space's shard by an optimized copy; False if the optimizer failed or the space was dropped."""
    copy = space.new_shard_path()
    space.unoptimized = (
        0  # Counts from here, so that a rebuild that fails waits for as many new writes as one that works.
    )
    with tempfile.TemporaryFile(dir=space.folder) as journal:
        try:
            async with space.write_lock:
                space.flush()
                await asyncio.to_thread(shutil.copytree, space.shard.path, copy)
                space.journal = journal
            if not await _optimize(copy):
                return False
            await _catch_up(space, copy, journal)
        finally:
            space.journal = None
            if space.shard.path != copy:
                shutil.rmtree(copy, ignore_errors=True)
    return True


async def _optimize(folder: Path) -> bool:
    """Run the optimizer on a closed shard; it is killed if this task is cancelled."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, str(folder))
    try:
        return await process.wait() == 0
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _catch_up(space: Space, folder: Path, journal: IO[bytes]) -> None:
    """Do the journaled writes again: most of them while writing goes on, the last few while it waits."""
    shard = Shard.open(folder, space.shard.dimensions)
    try:
        done = await _replay(shard, journal, 0)
        async with space.write_lock:
            await _replay(shard, journal, done)
            shard.flush()
            retired = space.switch_to(shard)
        await asyncio.to_thread(shutil.rmtree, retired)
    finally:
        if space.shard is not shard:
            shard.close()


async def _replay(shard: Shard, journal: IO[bytes], begin: int) -> int:
    """Apply what the journal holds from this byte on; returns where it ended."""
    reader, end = FrameReader(), journal.seek(0, os.SEEK_END)
    for position in range(begin, end, _READ_BYTES):
        data = os.pread(journal.fileno(), min(_READ_BYTES, end - position), position)
        for body in reader.feed(data):
            _apply(shard, unpack(body))
            await asyncio.sleep(0)
    return end


def _apply(shard: Shard, operation: list[Any]) -> None:
    match operation:
        case ["upsert", points]:
            shard.upsert([raw_point(point) for point in points])
        case ["delete", selector]:
            shard.delete(selector)


def main() -> None:
    """Optimize the closed shard in the folder named on the command line."""
    os.nice(_NICENESS)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # Nobody would use the result.
    engine = EdgeShard.load(sys.argv[1])
    engine.optimize()
    engine.flush()
    engine.close()


if __name__ == "__main__":
    main()
