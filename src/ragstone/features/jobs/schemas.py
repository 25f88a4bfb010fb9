"""Jobs on the wire."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from ragstone.features.jobs.job import OUTCOME, Job, JobStatus, Priority
from ragstone.features.jobs.standing import JobState, Standing, WaitingFor, stand_new
from ragstone.kit.problem_json import stored_problem


class AskedPriority(StrEnum):
    """How urgent a caller may call its own work. It decides between jobs of one tenant alone."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"

    def priority(self) -> Priority:
        """As a job has it."""
        return Priority[self.name]


class JobQuery(BaseModel):
    """Which jobs are listed."""

    model_config = ConfigDict(extra="forbid")

    status: list[JobStatus] = Field(default=[], description="May be given more than once.")
    kind: str | None = Field(None, max_length=60)
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = None


class JobProgress(BaseModel):
    """How far a job is."""

    stage: str | None = Field(description="What is being done.")
    done: int = Field(description="Items dealt with.")
    total: int = Field(description="Items altogether.")


class JobError(BaseModel):
    """Why an attempt failed."""

    code: str
    title: str
    detail: str


PriorityName = Literal["background", "low", "normal", "high", "urgent"]

_PRIORITIES: Final[Mapping[Priority, PriorityName]] = {
    Priority.BACKGROUND: "background",
    Priority.LOW: "low",
    Priority.NORMAL: "normal",
    Priority.HIGH: "high",
    Priority.URGENT: "urgent",
}


class JobView(BaseModel):
    """A piece of durable work."""

    id: str
    kind: str
    status: JobStatus
    state: JobState = Field(description="What is going on, more precisely than `status`.")
    waiting_for: WaitingFor | None = Field(description="What has to happen for a queued job to begin.")
    position: int | None = Field(description="About how many jobs begin before this one, if it is due.")
    priority: PriorityName
    progress: JobProgress
    attempt: int = Field(description="Attempts begun so far; waiting for something that is down counts for none.")
    max_attempts: int
    next_attempt_at: datetime | None = Field(description="When a queued job is due.")
    cancel_requested: bool
    outcome: dict[str, int] | None = Field(description="How it came out, by numbers, of jobs that tell.")
    last_error: JobError | None
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, job: Job, locale: str, standing: Standing | None = None) -> "JobView":
        """A job as its tenant sees it. Without a standing it is one that has just been put into the queue."""
        stands = standing or stand_new(job)
        error: dict[str, Any] | None = stored_problem(job.last_error, locale)
        return cls(
            id=job.id,
            kind=job.kind,
            status=job.status,
            state=stands.state,
            waiting_for=stands.waiting_for,
            position=stands.position,
            priority=_PRIORITIES[job.priority],
            progress=JobProgress(stage=job.stage, done=job.done, total=job.total),
            attempt=job.attempt,
            max_attempts=job.max_attempts,
            next_attempt_at=job.run_at if job.status is JobStatus.QUEUED else None,
            cancel_requested=job.cancel_requested,
            outcome=job.payload.get(OUTCOME),
            last_error=JobError(**error) if error else None,
            created_at=job.created_at,
            started_at=job.started_at,
            updated_at=job.updated_at,
            finished_at=job.finished_at,
        )


class JobPage(BaseModel):
    """Some jobs, newest first."""

    items: list[JobView]
    next_cursor: str | None
