"""How jobs stand: every state a person can tell apart, and how long the queue is."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.features.jobs.steps import LEASE_S, PATIENCE, TERMS, SetClock, add, claimed

from ragstone.backends.queue_inline.job_queue import InlineJobQueue
from ragstone.db.database import Database
from ragstone.features.jobs import run as job_run
from ragstone.features.jobs import worker_store
from ragstone.features.jobs.cancel import cancel
from ragstone.features.jobs.feed import JobFeeds
from ragstone.features.jobs.job import HELD_FLAG, Job, JobNotFailed, JobStatus, Priority
from ragstone.features.jobs.look import look
from ragstone.features.jobs.queue_state import look_at_queue
from ragstone.features.jobs.read import get_job, list_jobs
from ragstone.features.jobs.retry import retry
from ragstone.features.jobs.standing import JobState, Outlook, Standing, WaitingFor, stand
from ragstone.features.jobs.store import list_news
from ragstone.features.jobs.worker import this_worker
from ragstone.kit.scope import Scope
from ragstone.ports.blob_store import BlobNotFound, BlobStoreUnavailable

DOWN = BlobStoreUnavailable(reason="down")


async def announce_worker(db: Database, clock: SetClock) -> None:
    async with db.transaction_across_tenants() as connection:
        await worker_store.note_worker(connection, this_worker(3, clock.now()))


async def standing(db: Database, clock: SetClock, scope: Scope, job: Job) -> Standing:
    (found,) = await look(db, PATIENCE, scope, clock.now(), [await get_job(db, scope, job.id)])
    return found


async def test_a_job_nobody_can_take_is_starved_of_workers(db: Database, scope: Scope, clock: SetClock) -> None:
    job = await add(db, scope, clock)
    assert await standing(db, clock, scope, job) == Standing(JobState.STARVED, WaitingFor.WORKER, 0)
    await announce_worker(db, clock)
    assert await standing(db, clock, scope, job) == Standing(JobState.QUEUED, WaitingFor.TURN, 0)


async def test_a_job_that_others_keep_from_its_turn_is_starved_of_slots(
    db: Database, scope: Scope, clock: SetClock
) -> None:
    job = await add(db, scope, clock)
    clock.forward(PATIENCE.starved_after_s + 1)
    await announce_worker(db, clock)
    assert await standing(db, clock, scope, job) == Standing(JobState.STARVED, WaitingFor.SLOT, 0)


async def test_a_tenant_that_is_served_is_not_starved(db: Database, scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock)
    waiting = await add(db, scope, clock)
    clock.forward(PATIENCE.starved_after_s + 1)
    await announce_worker(db, clock)
    await job_run.succeed(await claimed(db, clock))
    assert (await standing(db, clock, scope, waiting)).state is JobState.QUEUED


async def test_a_job_scheduled_for_later_waits_for_time(db: Database, scope: Scope, clock: SetClock) -> None:
    job = await add(db, scope, clock, run_at=clock.now() + timedelta(hours=1))
    assert await standing(db, clock, scope, job) == Standing(JobState.SCHEDULED, WaitingFor.TIME)


async def test_a_job_that_needs_what_is_down_is_retrying_and_says_so(
    db: Database, scope: Scope, clock: SetClock
) -> None:
    job = await add(db, scope, clock)
    await job_run.retry_later(await claimed(db, clock), DOWN)
    assert await standing(db, clock, scope, job) == Standing(JobState.RETRYING, WaitingFor.DEPENDENCY)


async def test_running_jobs_are_told_from_stalled_and_lost_ones(db: Database, scope: Scope, clock: SetClock) -> None:
    job = await add(db, scope, clock)
    run = await claimed(db, clock)
    assert (await standing(db, clock, scope, job)).state is JobState.RUNNING
    clock.forward(PATIENCE.stalled_after_s + 1)
    await run.heartbeat()
    assert (await standing(db, clock, scope, job)).state is JobState.STALLED
    await run.report("stage", 1, 3)
    assert (await standing(db, clock, scope, job)).state is JobState.RUNNING
    clock.forward(LEASE_S + 1)
    assert (await standing(db, clock, scope, job)).state is JobState.LOST


async def test_a_running_job_that_is_to_stop_is_cancelling(db: Database, scope: Scope, clock: SetClock) -> None:
    job = await add(db, scope, clock)
    run = await claimed(db, clock)
    await cancel(db, InlineJobQueue(), clock, scope, job.id)
    assert (await standing(db, clock, scope, job)).state is JobState.CANCELLING
    await job_run.cancel_run(run)
    assert (await standing(db, clock, scope, job)).state is JobState.CANCELLED


async def test_a_job_whose_input_is_still_coming_is_held(db: Database, scope: Scope, clock: SetClock) -> None:
    job = replace(await add(db, scope, clock), payload={HELD_FLAG: True})
    assert stand(job, Outlook(clock.now()), PATIENCE) == Standing(JobState.HELD, WaitingFor.INPUT)


async def test_the_position_counts_every_tenants_turns(
    db: Database, scope: Scope, other_scope: Scope, clock: SetClock
) -> None:
    await announce_worker(db, clock)
    for _ in range(2):
        await add(db, other_scope, clock)
    mine = [await add(db, scope, clock, priority=Priority.LOW) for _ in range(4)]
    clock.forward(1)
    first = await add(db, scope, clock, priority=Priority.NORMAL)
    found = await look(db, PATIENCE, scope, clock.now(), [first, *mine])
    by_priority_then_age = sorted(place.position or 0 for place in found[1:])
    assert found[0].position == 1, "one of the other tenant's may come first"
    assert by_priority_then_age == [3, 4, 5, 6], "and no more than its two before any"


async def test_the_position_is_never_too_low(db: Database, scope: Scope, other_scope: Scope, clock: SetClock) -> None:
    await announce_worker(db, clock)
    jobs = []
    for _ in range(3):
        await add(db, other_scope, clock)
        jobs.append(await add(db, scope, clock))
        clock.forward(1)
    found = await look(db, PATIENCE, scope, clock.now(), jobs)
    promised = {job.id: place.position for job, place in zip(jobs, found, strict=True)}
    for place in range(6):
        run = await claimed(db, clock)
        await job_run.succeed(run)
        clock.forward(0.001)
        assert place <= (promised.get(run.job.id) or place)


async def test_a_job_that_waits_is_tried_at_once_when_somebody_asks(
    db: Database, scope: Scope, clock: SetClock
) -> None:
    job = await add(db, scope, clock)
    for _ in range(4):
        await job_run.retry_later(await claimed(db, clock), DOWN)
        clock.forward(300)
    await job_run.retry_later(await claimed(db, clock), DOWN)
    hurried = await retry(db, InlineJobQueue(), clock, scope, job.id)
    assert (hurried.run_at, hurried.waits, hurried.attempt) == (clock.now(), 0, 0)
    assert (await claimed(db, clock)).job.id == job.id


async def test_a_held_job_cannot_be_hurried(db: Database, scope: Scope, clock: SetClock) -> None:
    job = await add(db, scope, clock, run_at=clock.now() + timedelta(hours=1), payload={HELD_FLAG: True})
    with pytest.raises(JobNotFailed):
        await retry(db, InlineJobQueue(), clock, scope, job.id)


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        ({}, ["b", "a"]),
        ({"kind": "a"}, ["a"]),
        ({"statuses": [JobStatus.RUNNING]}, ["a"]),
        ({"statuses": [JobStatus.RUNNING, JobStatus.QUEUED], "kind": "b"}, ["b"]),
    ],
)
async def test_jobs_are_listed_by_status_and_kind(
    db: Database, scope: Scope, clock: SetClock, wanted: dict[str, Any], kinds: list[str]
) -> None:
    await add(db, scope, clock, kind="a")
    await claimed(db, clock)
    await asyncio.sleep(0.002)  # Ids made in one millisecond have no order.
    await add(db, scope, clock, kind="b")
    assert [job.kind for job in (await list_jobs(db, scope, limit=10, **wanted)).items] == kinds


async def test_the_queue_tells_how_it_is_doing(db: Database, scope: Scope, other_scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock)
    await add(db, other_scope, clock)
    await claimed(db, clock)
    clock.forward(7)
    await announce_worker(db, clock)
    state = await look_at_queue(db, clock.now())
    assert (state.due, state.oldest_due_s, state.running, state.workers, state.slots) == (1, 7.0, 1, 1, 3)


async def test_everyone_who_watches_a_tenant_sees_every_job_move(
    db: Database, scope: Scope, other_scope: Scope, clock: SetClock
) -> None:
    await announce_worker(db, clock)
    await add(db, other_scope, clock)
    job = await add(db, scope, clock)
    feeds = JobFeeds(db, clock, PATIENCE)
    watchers = [feeds.watch(scope, None) for _ in range(3)]

    async def next_states() -> list[tuple[str, JobState]]:
        found = [await anext(watcher) for watcher in watchers]
        return [(news.job.id, news.standing.state) for news in found]

    assert await next_states() == [(job.id, JobState.QUEUED)] * 3
    clock.forward(1)
    runs = [await claimed(db, clock, terms=TERMS) for _ in range(2)]
    (run,) = [run for run in runs if run.job.id == job.id]
    assert await next_states() == [(job.id, JobState.RUNNING)] * 3
    clock.forward(1)
    await job_run.fail(run, BlobNotFound(key="k"))
    assert await next_states() == [(job.id, JobState.FAILED)] * 3
    for watcher in watchers:
        await watcher.aclose()


async def test_who_comes_back_is_not_told_again_what_is_known(db: Database, scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock)
    clock.forward(1)
    newer = await add(db, scope, clock)
    feeds = JobFeeds(db, clock, PATIENCE)
    watcher = feeds.watch(scope, newer.updated_at)
    assert (await anext(watcher)).job.id == newer.id
    await watcher.aclose()


async def test_watchers_keep_up_with_more_changes_at_once_than_are_read_at_once(
    db: Database, scope: Scope, clock: SetClock
) -> None:
    for _ in range(3):
        await add(db, scope, clock)
        clock.forward(0.001)
    async with db.read(scope) as connection:
        newest = await list_news(connection, scope, clock.now() - timedelta(seconds=1), limit=2)
        everything = await list_news(connection, scope, clock.now() - timedelta(seconds=1), limit=9)
    assert [job.id for job in newest] == [job.id for job in everything][1:]
