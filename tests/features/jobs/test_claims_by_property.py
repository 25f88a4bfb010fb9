"""Whatever workers and people do in whatever order: a job never has two holders, and none is ever lost."""

import asyncio
import contextlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from tests.features.jobs.steps import LEASE_S, TERMS, SetClock, add

from ragstone.backends.queue_inline.job_queue import InlineJobQueue
from ragstone.features.jobs import run as job_run
from ragstone.features.jobs.cancel import cancel
from ragstone.features.jobs.claim import claim
from ragstone.features.jobs.job import FINAL, JobFinished, JobNotFailed, JobStatus, LeaseLost, Priority
from ragstone.features.jobs.read import get_job
from ragstone.features.jobs.retry import retry
from ragstone.features.jobs.run import JobRun
from ragstone.kit.scope import Scope
from ragstone.ports.blob_store import BlobNotFound, BlobStoreUnavailable
from ragstone.testing.databases import sqlite_database

SCOPES = [Scope(f"ten_{name}", "tester", frozenset({"read", "write"})) for name in "abc"]
TIGHT = replace(TERMS, max_running=4, max_running_per_tenant=2)
ENDINGS = {
    "succeed": job_run.succeed,
    "fail": lambda run: job_run.fail(run, BlobNotFound(key="k")),
    "wait": lambda run: job_run.retry_later(run, BlobStoreUnavailable(reason="down")),
    "yield": job_run.yield_turn,
    "postpone": lambda run: job_run.postpone(run, 1.0),
    "cancel": job_run.cancel_run,
}


@dataclass
class Holder:
    """Who holds a job, as far as the book-keeper knows, and until when."""

    run: JobRun
    until: float


class Jobs(RuleBasedStateMachine):
    """A book-keeper beside the table: who must hold what."""

    jobs = Bundle("jobs")
    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.runner = self.stack.enter_context(asyncio.Runner())
        self.clock = SetClock()
        self.queue = InlineJobQueue()
        self.began = self.clock.now()
        self.holders: dict[str, Holder] = {}
        self.known: dict[str, Scope] = {}
        store = sqlite_database(folder)
        self.db = self.runner.run(store.__aenter__())
        self.stack.callback(lambda: self.runner.run(store.__aexit__(None, None, None)))

    @property
    def seconds(self) -> float:
        return (self.clock.now() - self.began).total_seconds()

    @rule(target=jobs, scope=st.sampled_from(SCOPES), priority=st.sampled_from(Priority))
    def submit(self, scope: Scope, priority: Priority) -> str:
        self.clock.forward(0.001)  # Age decides, and not the chance in an identifier.
        job = self.runner.run(add(self.db, scope, self.clock, priority=priority))
        self.known[job.id] = scope
        return job.id

    @rule(target=runs, urgent_only=st.booleans())
    def take(self, urgent_only: bool) -> object:  # noqa: FBT001 - Hypothesis gives it by name.
        run = self.runner.run(claim(self.db, self.clock, "worker", TIGHT, urgent_only=urgent_only))
        if run is None:
            return multiple()
        holder = self.holders.get(run.job.id)
        assert holder is None or holder.until < self.seconds, "it is in somebody's hands"
        self.holders[run.job.id] = Holder(run, self.seconds + LEASE_S)
        return run

    @rule(run=runs)
    def keep(self, run: JobRun) -> None:
        if self._may_write(run):
            self.runner.run(run.heartbeat())
            self.holders[run.job.id].until = self.seconds + LEASE_S
        else:
            self._is_refused(run)

    @rule(run=runs, ending=st.sampled_from(sorted(ENDINGS)))
    def end(self, run: JobRun, ending: str) -> None:
        if self._may_write(run):
            self.runner.run(ENDINGS[ending](run))
            del self.holders[run.job.id]
        else:
            self._is_refused(run)

    @rule(job_id=jobs)
    def stop(self, job_id: str) -> None:
        with contextlib.suppress(JobFinished):
            self.runner.run(cancel(self.db, self.queue, self.clock, self.known[job_id], job_id))

    @rule(job_id=jobs)
    def try_again(self, job_id: str) -> None:
        with contextlib.suppress(JobNotFailed):
            self.runner.run(retry(self.db, self.queue, self.clock, self.known[job_id], job_id))

    @rule(seconds=st.sampled_from([0.5, 5.0]))
    def wait(self, seconds: float) -> None:
        self.clock.forward(seconds)

    @rule(target=runs)
    def take_after_silence(self) -> object:
        """Long enough for every lease to run out, so that what was held is taken by somebody else."""
        self.clock.forward(LEASE_S + 1)
        return self.take(urgent_only=False)

    @invariant()
    def limits_hold(self) -> None:
        held = [run.run.job for run in self.holders.values() if run.run.job.priority is not Priority.URGENT]
        assert len(held) <= TIGHT.max_running + self._silent()  # type: ignore[operator]  # It is set.

    def _silent(self) -> int:
        return sum(holder.until < self.seconds for holder in self.holders.values())

    def _may_write(self, run: JobRun) -> bool:
        """The last one to have taken it may, even late, until somebody else takes it or it is put back."""
        holder = self.holders.get(run.job.id)
        if holder is None or holder.run is not run:
            return False
        return self.runner.run(get_job(self.db, self.known[run.job.id], run.job.id)).status is JobStatus.RUNNING

    def _is_refused(self, run: JobRun) -> None:
        try:
            self.runner.run(run.heartbeat())
        except LeaseLost:
            return
        raise AssertionError("who holds a job no more may not write it")

    def teardown(self) -> None:
        """Left alone, every job comes to an end."""
        with self.stack:
            while run := self._drain():
                self.runner.run(job_run.cancel_run(run) if run.job.cancel_requested else job_run.succeed(run))
            for job_id, scope in self.known.items():
                assert self.runner.run(get_job(self.db, scope, job_id)).status in FINAL

    def _drain(self) -> JobRun | None:
        self.clock.forward(300)
        return self.runner.run(claim(self.db, self.clock, "last", TIGHT))


TestJobs = Jobs.TestCase
TestJobs.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
