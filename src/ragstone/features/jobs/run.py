"""A job in a worker's hands: claimed, reported on, finished. Each step holds only under the current fencing number."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.features.jobs.job import CancelRequested, Job, JobStatus
from ragstone.features.jobs.store import claim_job, is_cancel_requested, update_held
from ragstone.kit.clock import Clock
from ragstone.kit.problem import Problem
from ragstone.kit.scope import Scope

_FIRST_RETRY_S: Final = 1.0
_LONGEST_RETRY_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class JobRun:
    """One attempt at a job, in the hands of its kind; every write it makes is refused once the lease is lost."""

    job: Job
    db: Database
    clock: Clock
    lease_s: float

    @property
    def scope(self) -> Scope:
        """The tenant the work is done for; a worker may do what the job needs."""
        return Scope(self.job.tenant_id, self.job.id, frozenset({"read", "write"}))

    async def guard(self, connection: AsyncConnection, **values: Any) -> None:
        """Join the job row to a transaction: the rest of it commits only if this attempt still holds the lease."""
        await update_held(connection, self.job, lease_expires_at=self._lease_until(), **values)

    async def guard_unless_cancelled(self, connection: AsyncConnection, **values: Any) -> None:
        """As `guard`; raises `CancelRequested` if somebody wants the job stopped, so that the rest is rolled back."""
        await self.guard(connection, **values)
        if await is_cancel_requested(connection, self.job):
            raise CancelRequested(self.job.id)

    async def report(self, stage: str, done: int, total: int) -> None:
        """Tell how far the work is, and keep the lease. Raises `LeaseLost`."""
        async with self.db.transaction() as connection:
            await self.guard(connection, stage=stage, done=done, total=total)

    async def heartbeat(self) -> bool:
        """Keep the lease; whether somebody wants the job cancelled. Raises `LeaseLost`."""
        async with self.db.transaction() as connection:
            await self.guard(connection)
            return await is_cancel_requested(connection, self.job)

    def _lease_until(self) -> datetime:
        return self.clock.now() + timedelta(seconds=self.lease_s)


async def claim(db: Database, clock: Clock, owner: str, lease_s: float) -> JobRun | None:
    """The next job to be done, held by `owner` from now on; None if there is none."""
    now = clock.now()
    async with db.transaction() as connection:
        job = await claim_job(connection, owner, now, now + timedelta(seconds=lease_s))
    return JobRun(job, db, clock, lease_s) if job else None


async def succeed(run: JobRun) -> None:
    """The work is done."""
    async with run.db.transaction() as connection:
        await _end(connection, run.job, JobStatus.SUCCEEDED, run.clock.now(), None)


async def cancel_run(run: JobRun) -> None:
    """The work was stopped because somebody asked for it."""
    async with run.db.transaction() as connection:
        await _end(connection, run.job, JobStatus.CANCELLED, run.clock.now(), None)


async def postpone(run: JobRun, delay_s: float) -> None:
    """Give the job back, to be begun again by anyone after a while. No attempt is counted."""
    async with run.db.transaction() as connection:
        await _requeue(connection, run, delay_s, attempt=run.job.attempt - 1)


def will_retry(run: JobRun, problem: Problem) -> bool:
    """Whether another attempt may help and is left."""
    return problem.is_retryable and run.job.attempt < run.job.max_attempts


async def retry_later(run: JobRun, problem: Problem) -> float:
    """The attempt ended in a problem that may pass. The seconds until the next one."""
    delay_s = retry_delay_s(run.job.attempt)
    async with run.db.transaction() as connection:
        await _requeue(connection, run, delay_s, last_error=problem_facts(problem))
    return delay_s


async def fail(run: JobRun, problem: Problem) -> None:
    """The work ended in a problem for good."""
    async with run.db.transaction() as connection:
        await _end(connection, run.job, JobStatus.FAILED, run.clock.now(), problem_facts(problem))


def retry_delay_s(attempt: int) -> float:
    """Exponential back-off with full jitter (Brooker, "Exponential Backoff and Jitter", AWS 2015), never below half."""
    ceiling = min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2.0 ** (attempt - 1))
    return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - Jitter needs no secrecy.


def problem_facts(problem: Problem) -> dict[str, Any]:
    """A problem as it is kept in a row; its text is rendered when somebody reads it."""
    return {"code": problem.code, "kind": problem.kind.value, "facts": problem.facts}


async def _requeue(connection: AsyncConnection, run: JobRun, delay_s: float, **values: Any) -> None:
    await update_held(
        connection,
        run.job,
        status=JobStatus.QUEUED,
        run_at=run.clock.now() + timedelta(seconds=delay_s),
        lease_owner=None,
        lease_expires_at=None,
        **values,
    )


async def _end(connection: AsyncConnection, job: Job, status: JobStatus, now: datetime, error: Any) -> None:
    await update_held(
        connection,
        job,
        status=status,
        finished_at=now,
        last_error=error,
        lease_owner=None,
        lease_expires_at=None,
    )
