"""The claim loop. It trusts the job table alone; the queue only wakes it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import structlog

from ragstone.features.jobs import run as job_run
from ragstone.features.jobs import worker_store
from ragstone.features.jobs.claim import Terms, claim
from ragstone.features.jobs.job import CancelRequested, LeaseLost, WorkerLost
from ragstone.features.jobs.kind import JobKind
from ragstone.features.jobs.run import JobRun
from ragstone.features.jobs.worker import BEAT_S, this_worker
from ragstone.kit.problem import Problem
from ragstone.ports.runtime import Runtime

_IDLE_S = 1.0
_PAUSE_S = 0.05
_LOOK_S = 0.5  # How soon a running job hears of its cancellation.
_log = structlog.get_logger(__name__)


class UnexpectedError(Problem):
    """A defect of ours stopped the work. The log has the trace."""


class Worker:
    """Runs up to `slots` jobs at once until it is cancelled; then gives back what it holds.

    Beside them it has one lane for urgent work alone, so that a deletion or a cancelled job never waits for a slot.
    """

    def __init__(self, runtime: Runtime, handlers: Mapping[str, JobKind], slots: int) -> None:
        self._runtime = runtime
        self._handlers = handlers
        self._me = this_worker(slots, runtime.clock.now())
        self._terms = terms(runtime, slots)
        self._running = 0

    async def work(self) -> None:
        """Claim and run jobs. Ends only by cancellation."""
        if not self._me.slots:
            return
        async with self._announced(), asyncio.TaskGroup() as group:
            for _ in range(self._me.slots):
                group.create_task(self._slot())
            group.create_task(self._slot(urgent_only=True))

    @contextlib.asynccontextmanager
    async def _announced(self) -> AsyncIterator[None]:
        """Say that this worker is there, again and again, and at the end that it is gone."""
        await self._say()
        beat = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            await _stop(beat)
            with contextlib.suppress(Problem):  # It will be missed instead.
                async with self._runtime.db.transaction_across_tenants() as connection:
                    await worker_store.forget_worker(connection, self._me.id)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            await self._say()

    async def _say(self) -> None:
        me = replace(self._me, running=self._running, seen_at=self._runtime.clock.now())
        try:
            async with self._runtime.db.transaction_across_tenants() as connection:
                await worker_store.note_worker(connection, me)
        except Problem as problem:
            _log.warning("worker not announced", problem=problem.code, **problem.facts)

    async def _slot(self, *, urgent_only: bool = False) -> None:
        while True:
            try:
                run = await self._claim(urgent_only=urgent_only)
            except Problem as problem:
                _log.warning("claim failed", problem=problem.code, **problem.facts)
                await asyncio.sleep(_IDLE_S)
                continue
            if run is not None:
                await self._attend(run)
            elif urgent_only:
                await asyncio.sleep(_IDLE_S)  # It would take the bell from a slot that any job may have.
            else:
                # Where limits keep a slot idle, there may be thousands of bells that say nothing new.
                await asyncio.sleep(_PAUSE_S)
                await self._runtime.queue.receive(_IDLE_S)

    async def _claim(self, *, urgent_only: bool) -> JobRun | None:
        runtime = self._runtime
        return await claim(runtime.db, runtime.clock, self._me.id, self._terms, urgent_only=urgent_only)

    async def _attend(self, run: JobRun) -> None:
        """Run one job to its end, keeping the lease; a lost lease or a cancelled job stops it."""
        log = _log.bind(job_id=run.job.id, kind=run.job.kind, attempt=run.job.attempt, tenant_id=run.job.tenant_id)
        self._running += 1
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
        finally:
            self._running -= 1

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
        rounds_per_beat = max(1, int(self._terms.lease_s / 6 / _LOOK_S))
        while True:
            try:
                for _ in range(rounds_per_beat):
                    await asyncio.sleep(min(_LOOK_S, self._terms.lease_s / 6))
                    if await run.is_cancelled():
                        return
                await run.heartbeat()
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


def terms(runtime: Runtime, slots: int) -> Terms:
    """On what terms the settings let a worker take jobs."""
    jobs = runtime.settings.jobs
    return Terms(
        lease_s=runtime.settings.ingestion.lease_s,
        slots=slots,
        time_slice_s=jobs.time_slice_s,
        max_running=jobs.max_running,
        max_running_per_tenant=jobs.max_running_per_tenant,
    )


async def _stop(task: "asyncio.Task[object]") -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
