"""How a job stands, in words a person can act on: a status says where it is, a state why it is still there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ragstone.features.jobs.job import FINAL, HELD_FLAG, Job, JobStatus


class JobState(StrEnum):
    """What is going on with a job."""

    HELD = "held"
    """Its input is still arriving."""
    SCHEDULED = "scheduled"
    """It is to begin later."""
    RETRYING = "retrying"
    """An attempt ended in trouble that may pass; the next one is due at `next_attempt_at`."""
    QUEUED = "queued"
    """It is due and waits for its turn."""
    STARVED = "starved"
    """It is due, and nobody comes: no worker is alive, or others keep every slot."""
    RUNNING = "running"
    """A worker is at it."""
    STALLED = "stalled"
    """A worker holds it, but it got no further for a long time."""
    LOST = "lost"
    """Its worker has gone silent; another one takes it up."""
    CANCELLING = "cancelling"
    """Somebody asked for it to be stopped; what it holds is being taken back."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class WaitingFor(StrEnum):
    """What has to happen for a job to go on."""

    INPUT = "input"
    TIME = "time"
    DEPENDENCY = "dependency"
    TURN = "turn"
    SLOT = "slot"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is too long: for a due job without a turn, and for a running one without progress, in seconds."""

    starved_after_s: float
    stalled_after_s: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a tenant's jobs have in front of them at a moment.

    `ahead` has, for each due job, how many of its own tenant come before it; `others_due` how many due jobs each other
    tenant has. `slots` are those of all live workers.
    """

    now: datetime
    slots: int = 0
    n_running: int = 0
    served_at: datetime | None = None
    ahead: Mapping[str, int] = field(default_factory=dict)
    others_due: Sequence[int] = ()

    def position(self, job_id: str) -> int | None:
        """How many jobs begin before this one if nothing new comes: those of its tenant in front of it, and of each
        other tenant one before each of those and one before it. None if the job is not due.
        """
        own = self.ahead.get(job_id)
        return None if own is None else own + sum(min(due, own + 1) for due in self.others_due)


@dataclass(frozen=True, slots=True)
class Standing:
    """A job's state, what it waits for, and how many jobs come before it."""

    state: JobState
    waiting_for: WaitingFor | None = None
    position: int | None = None


def stand(job: Job, outlook: Outlook, patience: Patience) -> Standing:
    """How the job stands."""
    if job.status in FINAL:
        return Standing(JobState(job.status))
    if job.cancel_requested:
        return Standing(JobState.CANCELLING)
    if job.status is JobStatus.RUNNING:
        return Standing(_of_running(job, outlook.now, patience))
    if job.payload.get(HELD_FLAG):
        return Standing(JobState.HELD, WaitingFor.INPUT)
    return _of_waiting(job) if job.run_at > outlook.now else _of_due(job, outlook, patience)


def stand_new(job: Job) -> Standing:
    """How a job stands that has just been put into the queue."""
    if job.payload.get(HELD_FLAG):
        return Standing(JobState.HELD, WaitingFor.INPUT)
    return Standing(JobState.QUEUED, WaitingFor.TURN)


def _of_running(job: Job, now: datetime, patience: Patience) -> JobState:
    if job.lease_expires_at is not None and job.lease_expires_at < now:
        return JobState.LOST
    if job.progress_at is not None and now - job.progress_at > timedelta(seconds=patience.stalled_after_s):
        return JobState.STALLED
    return JobState.RUNNING


def _of_waiting(job: Job) -> Standing:
    if job.last_error is None:
        return Standing(JobState.SCHEDULED, WaitingFor.TIME)
    return Standing(JobState.RETRYING, WaitingFor.DEPENDENCY if job.waits else WaitingFor.TIME)


def _of_due(job: Job, outlook: Outlook, patience: Patience) -> Standing:
    position = outlook.position(job.id)
    if outlook.slots == 0:
        return Standing(JobState.STARVED, WaitingFor.WORKER, position)
    waiting_since = max(job.run_at, outlook.served_at or job.run_at)
    if outlook.n_running == 0 and outlook.now - waiting_since > timedelta(seconds=patience.starved_after_s):
        return Standing(JobState.STARVED, WaitingFor.SLOT, position)
    return Standing(JobState.QUEUED, WaitingFor.TURN, position)
