"""The claim loop. It trusts the job table alone; the queue only wakes it."""

import asyncio
import os
import socket
from collections.abc import Mapping

import structlog

from ragstone.features.jobs import run as job_run
from ragstone.features.jobs.job import CancelRequested, LeaseLost, WorkerLost
from ragstone.features.jobs.kind import JobKind
from ragstone.features.jobs.run import JobRun
from ragstone.kit.problem import Problem
from ragstone.ports.runtime import Runtime

_IDLE_S = 1.0
_HEARTBEAT_S = 2.0  # Also how soon a running job hears of its cancellation.
_log = structlog.get_logger(__name__)


class UnexpectedError(Problem):
    """A defect of ours stopped the work. The log has the trace."""


class Worker:
    """Runs up to `slots` jobs at once until it is cancelled; then gives back what it holds."""

    def __init__(self, runtime: Runtime, handlers: Mapping[str, JobKind], slots: int) -> None:
        self._runtime = runtime
        self._handlers = handlers
        self._slots = slots
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._lease_s = runtime.settings.ingestion.lease_s

    async def work(self) -> None:
        """Claim and run jobs. Ends only by cancellation."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._slots):
                group.create_task(self._slot())

    async def _slot(self) -> None:
        while True:
            try:
                run = await self._claim()
            except Problem as problem:
                _log.warning("claim failed", problem=problem.code, **problem.facts)
                await asyncio.sleep(_IDLE_S)
                continue
            if run is not None:
                await self._attend(run)
            else:
                await self._runtime.queue.receive(_IDLE_S)

    async def _claim(self) -> JobRun | None:
        return await job_run.claim(self._runtime.db, self._runtime.clock, self._owner, self._lease_s)

    async def _attend(self, run: JobRun) -> None:
        """Run one job to its end, keeping the lease; a lost lease or a cancelled job stops it."""
        log = _log.bind(job_id=run.job.id, kind=run.job.kind, attempt=run.job.attempt, tenant_id=run.job.tenant_id)
        try:
            if run.job.cancel_requested:
                await self._cancel(run)
            elif run.job.attempt > run.job.max_attempts:
                await self._settle(run, WorkerLost(attempts=run.job.max_attempts))
            else:
                await self._run(run)
        except LeaseLost:
            log.info("lease lost")
        except Problem as problem:
            # The store itself is in trouble: the lease will run out and the job be taken up again.
            log.warning("job left to its lease", problem=problem.code, **problem.facts)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(run))
            raise

    async def _run(self, run: JobRun) -> None:
        work = asyncio.create_task(self._handlers[run.job.kind].run(run))
        watch = asyncio.create_task(self._watch(run))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await self._close(run, work)
            else:
                await _stop(work)
                watch.result()
                await self._cancel(run)
        finally:
            await _stop(work)
            await _stop(watch)

    async def _watch(self, run: JobRun) -> None:
        """Keep the lease; returns when the job is to be cancelled. Raises `LeaseLost`."""
        while True:
            await asyncio.sleep(min(_HEARTBEAT_S, self._lease_s / 6))
            try:
                if await run.heartbeat():
                    return
            except Problem as problem:
                _log.warning("heartbeat failed", job_id=run.job.id, problem=problem.code)

    async def _close(self, run: JobRun, work: "asyncio.Task[bool]") -> None:
        try:
            if work.result():
                await job_run.succeed(run)
        except (LeaseLost, asyncio.CancelledError):
            raise
        except CancelRequested:
            await self._cancel(run)
        except Problem as problem:
            await self._settle(run, problem)
        except Exception as error:  # noqa: BLE001 - A defect in one job must not end the worker.
            _log.exception("job crashed", job_id=run.job.id, kind=run.job.kind)
            await self._settle(run, UnexpectedError(reason=f"{type(error).__name__}: {error}"[:500]))

    async def _settle(self, run: JobRun, problem: Problem) -> None:
        """Try again later, or give up for good."""
        if job_run.will_retry(run, problem):
            delay_s = await job_run.retry_later(run, problem)
            await self._runtime.queue.send(run.job.id, delay_s)
            return
        await self._handlers[run.job.kind].give_up(run, problem)
        await job_run.fail(run, problem)

    async def _cancel(self, run: JobRun) -> None:
        await self._handlers[run.job.kind].give_up(run, None)
        await job_run.cancel_run(run)

    async def _give_back(self, run: JobRun) -> None:
        try:
            await job_run.postpone(run, 0.0)
        except (LeaseLost, Problem) as error:
            _log.info("job not given back", job_id=run.job.id, reason=str(error))


async def _stop(task: "asyncio.Task[object]") -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
