"""Starting the index process. The lock it takes decides between several that are started at once."""

import asyncio
import contextlib
import json
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from ragstone.backends.index_edge.layout import IndexFormatUnknown
from ragstone.ports.search_index import IndexUnavailable

_PROGRAM: Final = "ragstone.backends.index_edge.process"
_TOLD_CHARACTERS: Final = 500


class Refusal(IntEnum):
    """Exit statuses of a process that did not start to serve."""

    LOCKED = 75
    FORMAT_UNKNOWN = 76


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """What the process is started with."""

    root: Path
    grace_s: float = 5.0
    max_open_spaces: int = 32
    python: str = sys.executable


async def launch(options: LaunchOptions) -> None:
    """Start a process that outlives the caller; returns when some process, this one or an earlier, owns the folder.

    Raises `IndexFormatUnknown` where the folder was written by another version, `IndexUnavailable` if it cannot start.
    """
    command = [options.python, "-m", _PROGRAM, "--root", str(options.root), "--detach"]
    command += ["--grace-s", str(options.grace_s), "--max-open", str(options.max_open_spaces)]
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        raise IndexUnavailable(path=str(options.root), reason=str(error)) from error
    try:
        _, told = await process.communicate()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == Refusal.FORMAT_UNKNOWN:
        raise IndexFormatUnknown(**json.loads(told))
    if process.returncode not in {0, Refusal.LOCKED}:
        reason = told.decode(errors="replace").strip()[-_TOLD_CHARACTERS:]
        raise IndexUnavailable(path=str(options.root), reason=reason or f"exit status {process.returncode}")
