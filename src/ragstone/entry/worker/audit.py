"""The audit log in the background: deeds become records, and old records go."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from ragstone.features.audit.prune import prune
from ragstone.features.audit.record_deeds import record_deeds
from ragstone.kit.problem import Problem
from ragstone.ports.runtime import Runtime

_IDLE_S: Final = 1.0
_log = structlog.get_logger(__name__)


async def record_forever(runtime: Runtime) -> None:
    """Record deeds as they come. Ends only by cancellation."""
    while True:
        try:
            await record_deeds(runtime.db, runtime.pepper, runtime.clock)
        except Problem as problem:
            _log.warning("recording deeds failed", problem=problem.code, **problem.facts)
        await asyncio.sleep(_IDLE_S)


async def forget_old_records(runtime: Runtime) -> None:
    """Remove records of the audit log that need not be kept any longer."""
    days = runtime.settings.audit.retention_days
    if days:
        await prune(runtime.db, runtime.pepper, runtime.clock, timedelta(days=days))
