"""Put work into the job table, inside the transaction that makes it necessary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.jobs.job import Job, JobStatus, Priority
from ragstone.features.jobs.store import insert_job
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope

DEFAULT_MAX_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class NewJob:
    """Work to be done: what kind, on what, how many items, not before when (unset: at once), how urgent, and where.

    Callers who are limited to some collections see the jobs of these.
    """

    kind: str
    payload: Mapping[str, Any]
    total: int = 0
    run_at: datetime | None = None
    max_attempts: int = DEFAULT_MAX_ATTEMPTS
    priority: Priority = Priority.NORMAL
    collection_id: str | None = field(kw_only=True)


async def enqueue(connection: AsyncConnection, scope: Scope, new: NewJob, now: datetime) -> Job:
    """Insert the job. After the commit, send its id to the queue; forgetting to do so only delays it."""
    job = Job(
        id=new_id("job"),
        tenant_id=scope.tenant_id,
        kind=new.kind,
        payload=new.payload,
        status=JobStatus.QUEUED,
        priority=new.priority,
        stage=None,
        done=0,
        total=new.total,
        attempt=0,
        max_attempts=new.max_attempts,
        waits=0,
        losses=0,
        in_hand=None,
        run_at=new.run_at or now,
        fence=0,
        lease_owner=None,
        lease_expires_at=None,
        cancel_requested=False,
        last_error=None,
        created_at=now,
        started_at=None,
        progress_at=None,
        updated_at=now,
        finished_at=None,
        collection_id=new.collection_id,
    )
    await insert_job(connection, job)
    return job
