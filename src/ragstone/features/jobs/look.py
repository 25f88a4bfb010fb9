"""See how jobs stand."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ragstone.db.database import Database
from ragstone.features.jobs import outlook_store
from ragstone.features.jobs.job import Job, JobStatus
from ragstone.features.jobs.standing import Outlook, Patience, Standing, stand
from ragstone.features.jobs.turn_store import count_slots
from ragstone.features.jobs.worker import ALIVE_S
from ragstone.kit.scope import Scope
from ragstone.settings import Settings


async def look(db: Database, patience: Patience, scope: Scope, now: datetime, jobs: Sequence[Job]) -> list[Standing]:
    """How each of a tenant's jobs stands. Nothing is counted for jobs of which none is due."""
    due = [job.id for job in jobs if job.status is JobStatus.QUEUED and job.run_at <= now]
    outlook = await _look_ahead(db, scope, now, due) if due else Outlook(now)
    return [stand(job, outlook, patience) for job in jobs]


def alive_after(now: datetime) -> datetime:
    """A worker heard of since then is alive."""
    return now - timedelta(seconds=ALIVE_S)


def patience_of(settings: Settings) -> Patience:
    """How long the settings let jobs wait."""
    return Patience(settings.jobs.starved_after_s, settings.jobs.stalled_after_s)


async def _look_ahead(db: Database, scope: Scope, now: datetime, due: Sequence[str]) -> Outlook:
    async with db.read_across_tenants() as connection:
        slots = await count_slots(connection, alive_after(now))
        others_due = await outlook_store.count_due_of_others(connection, scope, now)
    async with db.read(scope) as connection:
        return Outlook(
            now=now,
            slots=slots,
            n_running=await outlook_store.count_own_running(connection, scope),
            served_at=await outlook_store.find_served_at(connection, scope),
            ahead=await outlook_store.rank_due(connection, scope, now, due),
            others_due=others_due,
        )
