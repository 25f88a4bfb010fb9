"""Work that an answer does not wait for, as how long it takes would tell the caller something."""

import asyncio
from collections.abc import Coroutine
from typing import Final

import structlog

from ragstone.kit.problem import Problem

_MOST: Final = 200
_log = structlog.get_logger(__name__)


class Errands:
    """Runs a bounded number of them beside the requests. One that fails is told to the log, and one too many too."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def run(self, name: str, errand: Coroutine[None, None, None]) -> None:
        """Begin an errand."""
        if len(self._running) >= _MOST:
            errand.close()
            _log.warning("too many errands at once: one is not run", errand=name)
            return
        task = asyncio.create_task(self._run(name, errand))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def done(self) -> None:
        """Wait for those that are under way."""
        await asyncio.gather(*self._running)

    async def _run(self, name: str, errand: Coroutine[None, None, None]) -> None:
        try:
            await errand
        except Problem as problem:
            _log.warning("an errand failed", errand=name, problem=problem.code, **problem.facts)
