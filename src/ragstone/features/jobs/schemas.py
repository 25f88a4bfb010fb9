"""Jobs on the wire."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from ragstone.features.jobs.job import Job, JobStatus
from ragstone.kit.problem_json import stored_problem


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


class JobView(BaseModel):
    """A piece of durable work."""

    id: str
    kind: str
    status: JobStatus
    progress: JobProgress
    attempt: int = Field(description="Attempts begun so far.")
    max_attempts: int
    next_attempt_at: datetime | None = Field(description="When a queued job is due.")
    cancel_requested: bool
    last_error: JobError | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: Job, locale: str) -> "JobView":
        """A job as its tenant sees it."""
        error: dict[str, Any] | None = stored_problem(job.last_error, locale)
        return cls(
            id=job.id,
            kind=job.kind,
            status=job.status,
            progress=JobProgress(stage=job.stage, done=job.done, total=job.total),
            attempt=job.attempt,
            max_attempts=job.max_attempts,
            next_attempt_at=job.run_at if job.status is JobStatus.QUEUED else None,
            cancel_requested=job.cancel_requested,
            last_error=JobError(**error) if error else None,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )


class JobPage(BaseModel):
    """Some jobs, newest first."""

    items: list[JobView]
    next_cursor: str | None
