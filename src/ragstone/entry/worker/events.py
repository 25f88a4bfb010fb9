"""Delivery of the outbox: each event goes to every handler of its topic until all of them have taken it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import structlog

from ragstone.db import outbox
from ragstone.db.deeds import DEED
from ragstone.db.outbox import Event
from ragstone.kit.problem import Problem
from ragstone.ports.runtime import Runtime

EventHandler = Callable[[Runtime, Event], Awaitable[None]]

_IDLE_S = 0.5
_BATCH = 100
_KEPT = timedelta(days=7)
_log = structlog.get_logger(__name__)


async def deliver_forever(runtime: Runtime, handlers: Mapping[str, Sequence[EventHandler]]) -> None:
    """Deliver events as they come. Ends only by cancellation."""
    while True:
        try:
            delivered = await deliver(runtime, handlers)
        except Problem as problem:
            _log.warning("delivery failed", problem=problem.code, **problem.facts)
            delivered = 0
        if not delivered:
            await asyncio.sleep(_IDLE_S)


async def deliver(runtime: Runtime, handlers: Mapping[str, Sequence[EventHandler]]) -> int:
    """Deliver the oldest undelivered events; how many. A failing handler leaves its event for the next time.

    Deeds are left to the audit log, which fetches them itself.
    """
    async with runtime.db.read_across_tenants() as connection:
        events = await outbox.list_undelivered(connection, _BATCH, but=DEED)
    for event in events:
        for handler in handlers.get(event.topic, ()):
            await handler(runtime, event)
        async with runtime.db.transaction_across_tenants() as connection:
            await outbox.mark_delivered(connection, [event.id], runtime.clock.now())
    return len(events)


async def forget_old(runtime: Runtime) -> None:
    """Drop events that were delivered long ago."""
    async with runtime.db.transaction_across_tenants() as connection:
        await outbox.forget_delivered(connection, runtime.clock.now() - _KEPT)
