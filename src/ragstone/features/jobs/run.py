"""A job in a worker's hands: reported on, given back, finished; under its fencing number or not at all."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.features.jobs.job import CancelRequested, Job, JobStatus
from ragstone.features.jobs.store import UNCOUNTED, back_in_queue, count_waits, is_cancel_requested, update_held
from ragstone.features.jobs.turn_store import do_others_wait
from ragstone.kit.clock import Clock
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope

_FIRST_RETRY_S: Final = 1.0
_LONGEST_RETRY_S: Final = 300.0
_WAITED_FOR: Final = frozenset({Kind.UNAVAILABLE, Kind.RATE_LIMITED})


@dataclass(frozen=True, slots=True)
class JobRun:
    """One attempt at a job, in the hands of its kind; every write it makes is refused once the lease is lost."""

    job: Job
    db: Database
    clock: Clock
    lease_s: float
    time_slice_s: float
    taken_at: datetime

    @property
    def scope(self) -> Scope:
        """The tenant the work is done for; a worker may do what the job needs."""
        return Scope(self.job.tenant_id, self.job.id, frozenset({"read", "write"}))

    async def guard(self, connection: AsyncConnection, **values: Any) -> None:
        """Join the job row to a transaction: the rest of it commits only if this attempt still holds the lease."""
        await update_held(connection, self.job, lease_expires_at=self._lease_until(), **self._news(values), **values)

    async def guard_unless_cancelled(self, connection: AsyncConnection, **values: Any) -> None:
        """As `guard`; raises `CancelRequested` if somebody wants the job stopped, so that the rest is rolled back."""
        await self.guard(connection, **values)
        if await is_cancel_requested(connection, self.job):
            raise CancelRequested(self.job.id)

    async def report(self, stage: str, done: int, total: int) -> None:
        """Tell how far the work is, and keep the lease. Raises `LeaseLost`."""
        async with self.db.transaction(self.scope) as connection:
            await self.guard(connection, stage=stage, done=done, total=total)

    async def heartbeat(self) -> None:
        """Keep the lease. Raises `LeaseLost`."""
        async with self.db.transaction(self.scope) as connection:
            await self.guard(connection)

    async def is_cancelled(self) -> bool:
        """Whether somebody wants the job stopped."""
        async with self.db.read(self.scope) as connection:
            return await is_cancel_requested(connection, self.job)

    async def should_yield(self) -> bool:
        """Whether the work should stop at the next point where it can be taken up again, and `yield_turn`: its time
        slice is used up, and somebody else waits.
        """
        now = self.clock.now()
        if now - self.taken_at < timedelta(seconds=self.time_slice_s):
            return False
        async with self.db.read_across_tenants() as connection:
            return await do_others_wait(connection, self.job, now)

    def _news(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What follows from a change that a watcher can see; further than before means that the worst is over."""
        if not values:
            return {}
        now = self.clock.now()
        seen = {"progress_at": now, "updated_at": now}
        return seen | ({"waits": 0, "losses": 0} if values.get("done", 0) > self.job.done else {})

    def _lease_until(self) -> datetime:
        return self.clock.now() + timedelta(seconds=self.lease_s)


async def succeed(run: JobRun) -> None:
    """The work is done."""
    async with run.db.transaction(run.scope) as connection:
        await _end(connection, run.job, JobStatus.SUCCEEDED, run.clock.now(), None)


async def cancel_run(run: JobRun) -> None:
    """The work was stopped because somebody asked for it."""
    async with run.db.transaction(run.scope) as connection:
        await _end(connection, run.job, JobStatus.CANCELLED, run.clock.now(), None)


async def yield_turn(run: JobRun) -> None:
    """Give the job back for others to have their turn. It keeps its age, and no attempt is counted."""
    async with run.db.transaction(run.scope) as connection:
        await _requeue(connection, run, run.job.run_at, **UNCOUNTED)


async def postpone(run: JobRun, delay_s: float) -> None:
    """Give the job back, to be begun again by anyone after a while. No attempt is counted."""
    async with run.db.transaction(run.scope) as connection:
        await _requeue(connection, run, _after(run, delay_s), **UNCOUNTED)


def is_waited_for(problem: Problem) -> bool:
    """Whether something the work needs is not there: nothing was wrong with the work, however long that takes."""
    return problem.kind in _WAITED_FOR


def will_retry(run: JobRun, problem: Problem) -> bool:
    """Whether another attempt may help and is left."""
    return is_waited_for(problem) or (problem.is_retryable and run.job.attempt < run.job.max_attempts)


async def retry_later(run: JobRun, problem: Problem) -> float:
    """The attempt ended in a problem that may pass. The seconds until the next one.

    No attempt is counted where something the work needs was not there.
    """
    async with run.db.transaction(run.scope) as connection:
        counted, tries = {}, run.job.attempt
        if is_waited_for(problem):
            tries = await count_waits(connection, run.job) + 1
            counted = {"waits": tries, **UNCOUNTED}
        delay_s = max(retry_delay_s(tries), _asked_for_s(problem))
        await _requeue(connection, run, _after(run, delay_s), last_error=problem_facts(problem), **counted)
    return delay_s


async def fail(run: JobRun, problem: Problem) -> None:
    """The work ended in a problem for good."""
    async with run.db.transaction(run.scope) as connection:
        await _end(connection, run.job, JobStatus.FAILED, run.clock.now(), problem_facts(problem))


def _asked_for_s(problem: Problem) -> float:
    """How long whoever refused the work wants to be left alone."""
    asked = problem.facts.get("retry_after_s")
    return min(_LONGEST_RETRY_S, asked) if isinstance(asked, int | float) else 0.0


def retry_delay_s(attempt: int) -> float:
    """Exponential back-off with full jitter (Brooker, "Exponential Backoff and Jitter", AWS 2015), never below half."""
    ceiling = min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2.0 ** (attempt - 1))
    return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - Jitter needs no secrecy.


def problem_facts(problem: Problem) -> dict[str, Any]:
    """A problem as it is kept in a row; its text is rendered when somebody reads it."""
    return {"code": problem.code, "kind": problem.kind.value, "facts": problem.facts}


def _after(run: JobRun, delay_s: float) -> datetime:
    return run.clock.now() + timedelta(seconds=delay_s)


async def _requeue(connection: AsyncConnection, run: JobRun, run_at: datetime, **values: Any) -> None:
    await update_held(connection, run.job, **back_in_queue(run.clock.now()), run_at=run_at, **values)


async def _end(connection: AsyncConnection, job: Job, status: JobStatus, now: datetime, error: Any) -> None:
    await update_held(
        connection,
        job,
        status=status,
        finished_at=now,
        updated_at=now,
        in_hand=None,
        last_error=error,
        lease_owner=None,
        lease_expires_at=None,
    )
