"""Whose turn it is: between tenants, within one, and under limits."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.features.jobs.steps import LEASE_S, TERMS, SetClock, add, claimed

from ragstone.backends.queue_inline.job_queue import InlineJobQueue
from ragstone.db.database import Database
from ragstone.features.jobs import run as job_run
from ragstone.features.jobs import worker_store
from ragstone.features.jobs.cancel import cancel
from ragstone.features.jobs.claim import claim
from ragstone.features.jobs.job import Job, JobStatus, Priority
from ragstone.features.jobs.read import get_job
from ragstone.features.jobs.retry import retry
from ragstone.features.jobs.worker import ALIVE_S, this_worker
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.blob_store import BlobNotFound


async def order_of_claims(db: Database, clock: SetClock, count: int) -> list[Job]:
    """The jobs in the order in which one worker with one slot gets them."""
    order = []
    for _ in range(count):
        run = await claimed(db, clock)
        clock.forward(0.001)
        await job_run.succeed(run)
        order.append(run.job)
    return order


async def test_tenants_take_turns_however_many_jobs_they_have(
    db: Database, scope: Scope, other_scope: Scope, clock: SetClock
) -> None:
    for _ in range(5):
        await add(db, scope, clock)
    clock.forward(1)
    late = [(await add(db, other_scope, clock)).id for _ in range(2)]
    order = [job.id for job in await order_of_claims(db, clock, 4)]
    assert set(order[:4]) > set(late)


async def test_the_tenant_with_the_fewest_jobs_at_work_is_next(
    db: Database, scope: Scope, other_scope: Scope, clock: SetClock
) -> None:
    for _ in range(3):
        await add(db, scope, clock)
    first, second = await claimed(db, clock), await claimed(db, clock)
    clock.forward(1)
    await add(db, other_scope, clock)
    assert {first.job.tenant_id, second.job.tenant_id} == {scope.tenant_id}
    assert (await claimed(db, clock)).job.tenant_id == other_scope.tenant_id


async def test_within_a_tenant_priority_comes_before_age(db: Database, scope: Scope, clock: SetClock) -> None:
    for priority in Priority:
        await add(db, scope, clock, priority=priority)
        clock.forward(1)
    order = [job.priority for job in await order_of_claims(db, clock, len(Priority))]
    assert order == sorted(Priority, reverse=True)


async def test_one_slot_is_left_for_other_tenants(
    db: Database, scope: Scope, other_scope: Scope, clock: SetClock
) -> None:
    terms = replace(TERMS, slots=3)
    for _ in range(3):
        await add(db, scope, clock)
    for _ in range(2):
        await claimed(db, clock, terms=terms)
    assert await claim(db, clock, "one", terms) is None
    await add(db, other_scope, clock)
    assert (await claimed(db, clock, terms=terms)).job.tenant_id == other_scope.tenant_id


async def test_every_live_worker_adds_its_slots(db: Database, scope: Scope, clock: SetClock) -> None:
    async with db.transaction(scope) as connection:
        await worker_store.note_worker(connection, this_worker(2, clock.now()))
        await worker_store.note_worker(connection, this_worker(2, clock.now()))
    for _ in range(5):
        await add(db, scope, clock)
    terms = replace(TERMS, slots=2)
    for _ in range(3):
        await claimed(db, clock, terms=terms)
    assert await claim(db, clock, "one", terms) is None
    clock.forward(ALIVE_S + 1)  # The others have gone silent, and their slots with them.
    async with db.read(scope) as connection:
        assert await worker_store.list_workers(connection, clock.now() - timedelta(seconds=ALIVE_S)) == []


async def test_limits_hold_when_everybody_claims_at_once(db: Database, clock: SetClock) -> None:
    scopes = [Scope(new_id("ten"), "tester", frozenset({"read", "write"})) for _ in range(4)]
    for scope in scopes:
        for _ in range(4):
            await add(db, scope, clock)
    terms = replace(TERMS, max_running=6, max_running_per_tenant=2)
    runs = await asyncio.gather(*(claim(db, clock, f"worker-{n}", terms) for n in range(16)))
    held = [run.job.tenant_id for run in runs if run]
    assert len(held) == 6
    assert all(held.count(scope.tenant_id) in {1, 2} for scope in scopes)


async def test_urgent_work_has_a_lane_that_no_limit_closes(db: Database, scope: Scope, clock: SetClock) -> None:
    terms = replace(TERMS, max_running=1, max_running_per_tenant=1)
    for _ in range(2):
        await add(db, scope, clock)
    await claimed(db, clock, terms=terms)
    assert await claim(db, clock, "one", terms, urgent_only=True) is None
    purge = await add(db, scope, clock, priority=Priority.URGENT)
    run = await claim(db, clock, "one", terms, urgent_only=True)
    assert run is not None
    assert run.job.id == purge.id


async def test_a_job_yields_when_its_slice_is_used_up_and_somebody_waits(
    db: Database, scope: Scope, other_scope: Scope, clock: SetClock
) -> None:
    await add(db, scope, clock)
    long = await claimed(db, clock)
    clock.forward(TERMS.time_slice_s)
    assert not await long.should_yield()
    await add(db, scope, clock)
    assert not await long.should_yield(), "its own tenant's next job is no reason"
    other = await add(db, other_scope, clock)
    assert await long.should_yield()
    await job_run.yield_turn(long)
    assert (await claimed(db, clock)).job.id == other.id
    again = await claimed(db, clock)
    assert (again.job.id, again.job.attempt, again.job.run_at) == (long.job.id, 1, long.job.run_at)
    assert not await again.should_yield()


async def test_a_job_yields_to_a_more_urgent_one_of_its_tenant(db: Database, scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock, priority=Priority.LOW)
    bulk = await claimed(db, clock)
    await add(db, scope, clock, priority=Priority.NORMAL)
    clock.forward(TERMS.time_slice_s - 1)
    assert not await bulk.should_yield()
    clock.forward(1)
    assert await bulk.should_yield()


@pytest.mark.parametrize("when", ["queued", "running, then yielding"])
async def test_a_cancelled_job_waits_for_no_turn(db: Database, scope: Scope, clock: SetClock, when: str) -> None:
    terms = replace(TERMS, max_running_per_tenant=1)
    job = await add(db, scope, clock)
    if when == "queued":
        await cancel(db, InlineJobQueue(), clock, scope, job.id)
    else:
        run = await claimed(db, clock, terms=terms)
        await cancel(db, InlineJobQueue(), clock, scope, job.id)
        await job_run.yield_turn(run)
    run_of_cancelled = await claim(db, clock, "one", terms, urgent_only=True)
    assert run_of_cancelled is not None
    assert run_of_cancelled.job.cancel_requested
    await job_run.cancel_run(run_of_cancelled)
    again = await retry(db, InlineJobQueue(), clock, scope, job.id)
    assert (again.status, again.priority) == (JobStatus.QUEUED, Priority.NORMAL)


async def test_a_failed_bulk_job_that_somebody_retries_is_bulk_no_more(
    db: Database, scope: Scope, clock: SetClock
) -> None:
    job = await add(db, scope, clock, priority=Priority.LOW)
    await job_run.fail(await claimed(db, clock), BlobNotFound(key="k"))
    await retry(db, InlineJobQueue(), clock, scope, job.id)
    assert (await get_job(db, scope, job.id)).priority is Priority.NORMAL


async def test_a_job_whose_worker_died_counts_the_loss_until_it_gets_further(
    db: Database, scope: Scope, clock: SetClock
) -> None:
    await add(db, scope, clock)
    for losses in range(3):
        run = await claimed(db, clock)
        assert (run.job.losses, run.job.attempt) == (losses, losses + 1)
        clock.forward(LEASE_S + 1)
    run = await claimed(db, clock)
    await run.report("stage", 1, 3)
    clock.forward(LEASE_S + 1)
    assert (await claimed(db, clock)).job.losses == 1
