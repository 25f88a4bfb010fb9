"""Whether each part works."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from ragstone.features.jobs.queue_state import look_at_queue
from ragstone.kit.problem import Problem
from ragstone.kit.resilience.breaker import Circuit
from ragstone.ports.runtime import Runtime

_TIMEOUT_S: Final = 3.0
_LEAST_FREE_BYTES: Final = 256 * 2**20
_EMBEDDER_SEEN: Final = "health/embedder"
_EMBEDDER_SEEN_S: Final = 30.0
_DISPENSABLE: Final = frozenset({"embedder", "breakers"})  # A breaker that matters shows in the part it stands before.


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part: `ok`, `off` (not configured; the server does without) or `down`, and why."""

    status: str
    detail: str = ""


async def check_health(runtime: Runtime) -> dict[str, PartHealth]:
    """Every part, looked at side by side, each within a few seconds."""
    parts: dict[str, Callable[[Runtime], Awaitable[PartHealth]]] = {
        "database": _database,
        "index": _index,
        "queue": _queue,
        "embedder": _embedder,
        "llm": _llm,
        "disk": _disk,
        "breakers": _breakers,
    }
    found = await asyncio.gather(*(_within_time(check(runtime)) for check in parts.values()))
    return dict(zip(parts, found, strict=True))


def is_ready(parts: dict[str, PartHealth]) -> bool:
    """Whether the server can do its work. Without the model it still finds by words, and keeps what is handed in."""
    return all(part.status != "down" for name, part in parts.items() if name not in _DISPENSABLE)


async def _within_time(check: Awaitable[PartHealth]) -> PartHealth:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await check
    except TimeoutError:
        return PartHealth("down", f"no answer within {_TIMEOUT_S:g} s")
    except Problem as problem:
        return PartHealth("down", str(problem))


async def _database(runtime: Runtime) -> PartHealth:
    await runtime.db.ping()
    return PartHealth("ok", runtime.db.url.get_backend_name())


async def _index(runtime: Runtime) -> PartHealth:
    spaces = await runtime.index.list_spaces()
    return PartHealth("ok", f"{len(spaces)} spaces")


async def _queue(runtime: Runtime) -> PartHealth:
    state = await look_at_queue(runtime.db, runtime.clock.now())
    detail = (
        f"due: {state.due}, the oldest for {state.oldest_due_s:.0f} s; running: {state.running}; "
        f"workers: {state.workers}, slots: {state.slots}"
    )
    return PartHealth("ok" if state.workers else "off", detail if state.workers else f"no worker is alive: {detail}")


async def _embedder(runtime: Runtime) -> PartHealth:
    if runtime.embedder is None:
        return PartHealth("off", "no model is installed: search goes by words alone")
    model = runtime.embedder.profile.model
    # A model on another server may be paid by the call, and health is asked for every few seconds.
    if await runtime.cache.get(_EMBEDDER_SEEN) is None:
        await runtime.embedder.embed_query("ready")
        await runtime.cache.set(_EMBEDDER_SEEN, b"1", _EMBEDDER_SEEN_S)
    return PartHealth("ok", model)


async def _llm(runtime: Runtime) -> PartHealth:
    return PartHealth("ok", runtime.chat.name)


async def _disk(runtime: Runtime) -> PartHealth:
    free = shutil.disk_usage(runtime.settings.data_dir).free
    return PartHealth("ok" if free >= _LEAST_FREE_BYTES else "down", f"{free // 2**20} MiB free")


async def _breakers(runtime: Runtime) -> PartHealth:
    """Which parts are not even asked at present, why, and for how long."""
    states = [breaker.state for breaker in runtime.breakers]
    told = [
        f"{state.name}: {state.circuit} for {state.retry_after_s:.0f} s ({state.reason})"
        for state in states
        if state.circuit is not Circuit.CLOSED
    ]
    return PartHealth("down", "; ".join(told)) if told else PartHealth("ok", f"{len(states)} closed")
