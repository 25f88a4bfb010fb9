"""Take the next job: one short transaction, in which nobody else takes one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.db.dialect import one_at_a_time
from ragstone.features.jobs import turn_store
from ragstone.features.jobs.look import alive_after
from ragstone.features.jobs.run import JobRun
from ragstone.features.jobs.store import release_silent, take_job
from ragstone.kit.clock import Clock

_CLAIM_LOCK: Final = 7_261_677_375  # Any number will do that nothing else locks.


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a worker takes jobs.

    `max_running` bounds all workers of the store together, `max_running_per_tenant` one tenant's jobs over all of them
    (unset: one less than there are slots, so that one is left for others). Urgent jobs count for neither.
    """

    lease_s: float
    slots: int = 1
    time_slice_s: float = 10.0
    max_running: int | None = None
    max_running_per_tenant: int | None = None


async def claim(db: Database, clock: Clock, owner: str, terms: Terms, *, urgent_only: bool = False) -> JobRun | None:
    """The job whose turn it is, held by `owner` from now on; None if there is none.

    Jobs of silent workers go back into the queue first. The limits hold exactly, because claims follow each other.
    """
    now = clock.now()
    async with db.read_across_tenants() as connection:
        if not await turn_store.is_anything_due(connection, now):
            return None
    async with db.transaction_across_tenants() as connection:
        await one_at_a_time(connection, _CLAIM_LOCK)
        await release_silent(connection, now)
        cap = await _tenant_cap(connection, terms, now)
        found = await turn_store.find_next(connection, now, cap, urgent_only=urgent_only)
        if found is None:
            return None
        tenant_id, job_id = found
        job = await take_job(connection, job_id, owner, now, now + timedelta(seconds=terms.lease_s))
        if job is None:
            return None
        await turn_store.note_served(connection, tenant_id, now)
    return JobRun(job, db, clock, terms.lease_s, terms.time_slice_s, now)


async def _tenant_cap(connection: AsyncConnection, terms: Terms, now: datetime) -> int:
    """How many ordinary jobs a tenant may have at work for another one to be begun."""
    if terms.max_running is not None and await turn_store.count_running(connection) >= terms.max_running:
        return 0
    if terms.max_running_per_tenant is not None:
        return terms.max_running_per_tenant
    slots = await turn_store.count_slots(connection, alive_after(now))
    return max(1, max(slots, terms.slots) - 1)
