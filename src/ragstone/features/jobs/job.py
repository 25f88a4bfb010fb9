"""A job as a value, and what can be wrong with one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Final

from ragstone.kit.problem import Kind, Problem


class JobStatus(StrEnum):
    """Where a job is. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL: Final = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED})


class Priority(IntEnum):
    """Which of one tenant's jobs comes first. Between tenants it says nothing: they take turns."""

    BACKGROUND = 0
    """What nobody waits for: re-indexing, moving a collection to another model."""
    LOW = 1
    """Bulk: streams of records."""
    NORMAL = 2
    """What somebody may be watching: uploads."""
    HIGH = 3
    """Given by callers alone."""
    URGENT = 4
    """What has to go: removal of what was deleted. It has a lane of its own and waits for no other work."""


HELD_FLAG: Final = "held"
"""Set in the payload of a job whose input is not complete."""


OUTCOME: Final = "outcome"
"""Where the payload of a job that is done says how it came out, as numbers by name."""


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the job table.

    `attempt` counts what was begun and did not end by itself. `waits` counts how often in a row the work stopped
    because something it needs was not there, `losses` how often in a row the process died of it or with it; both begin
    again with every progress. `in_hand` names the item being worked on alone, because it may be what kills processes.
    `progress_at` is when the work last got further, `updated_at` when a watcher last had something new to see.
    `collection_id` says where the work is; None: in no single collection.
    """

    id: str
    tenant_id: str
    kind: str
    payload: Mapping[str, Any]
    status: JobStatus
    priority: Priority
    stage: str | None
    done: int
    total: int
    attempt: int
    max_attempts: int
    waits: int
    losses: int
    in_hand: str | None
    run_at: datetime
    fence: int
    lease_owner: str | None
    lease_expires_at: datetime | None
    cancel_requested: bool
    last_error: Mapping[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    progress_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None
    collection_id: str | None


class JobNotFound(Problem):
    """There is no such job in this tenant."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "job_not_found"


class JobFinished(Problem):
    """The job is over and cannot be cancelled."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "job_finished"


class JobNotFailed(Problem):
    """Only a job that failed, was cancelled or waits for its next attempt can be tried again."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "job_not_failed"


class JobFailed(Problem):
    """The work ended with errors that trying again will not mend."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "job_failed"


class HoldLost(Problem):
    """The job was cancelled, or its input came too slowly, before the input was complete."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "hold_lost"


class WorkerLost(Problem):
    """The process that ran the job died each time it was tried."""

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "worker_lost"


class LeaseLost(Exception):
    """Another worker has taken the job over, or it was cancelled: stop, and write nothing more."""


class CancelRequested(Exception):
    """Somebody wants the job stopped: write nothing more of it, and clean up."""
