"""Jobs: who gets them, who may still write, when they are tried again."""

import asyncio
from datetime import timedelta

import pytest
from tests.features.jobs.steps import LEASE_S, PATIENCE, TERMS, SetClock, add, claimed

from ragstone.backends.queue_inline.job_queue import InlineJobQueue
from ragstone.db.database import Database
from ragstone.entry.worker.worker import UnexpectedError
from ragstone.features.jobs import run as job_run
from ragstone.features.jobs.cancel import cancel
from ragstone.features.jobs.claim import claim
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.features.jobs.job import JobFinished, JobNotFailed, JobNotFound, JobStatus, LeaseLost
from ragstone.features.jobs.read import get_job, list_jobs
from ragstone.features.jobs.retry import RETRY_FLAG, retry
from ragstone.features.jobs.run import retry_delay_s
from ragstone.features.jobs.standing import JobState, Standing, WaitingFor
from ragstone.features.jobs.store import delete_finished, release_all
from ragstone.features.jobs.watch import iter_standings
from ragstone.kit.scope import Scope
from ragstone.ports.blob_store import BlobNotFound, BlobStoreUnavailable


async def test_a_job_is_claimed_once(db: Database, scope: Scope, clock: SetClock) -> None:
    job = await add(db, scope, clock)
    runs = await asyncio.gather(*(claim(db, clock, f"worker-{i}", TERMS) for i in range(8)))
    (run,) = [run for run in runs if run]
    assert (run.job.id, run.job.status, run.job.attempt, run.job.fence) == (job.id, JobStatus.RUNNING, 1, 1)


async def test_a_job_is_not_claimed_before_it_is_due(db: Database, scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock, run_at=clock.now() + timedelta(seconds=10))
    assert await claim(db, clock, "one", TERMS) is None
    clock.forward(10)
    assert await claim(db, clock, "one", TERMS) is not None


async def test_the_job_that_waited_longest_comes_first(db: Database, scope: Scope, clock: SetClock) -> None:
    first = await add(db, scope, clock)
    clock.forward(1)
    await add(db, scope, clock)
    assert (await claimed(db, clock)).job.id == first.id


async def test_a_silent_worker_loses_its_job_and_may_write_no_more(db: Database, scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock)
    lost = await claimed(db, clock, "silent")
    clock.forward(LEASE_S + 1)
    taken = await claimed(db, clock, "other")
    assert (taken.job.attempt, taken.job.fence) == (2, 2)
    with pytest.raises(LeaseLost):
        await lost.report("stage", 1, 3)
    with pytest.raises(LeaseLost):
        await job_run.succeed(lost)
    await job_run.succeed(taken)
    assert (await get_job(db, scope, taken.job.id)).status is JobStatus.SUCCEEDED


async def test_a_heartbeat_keeps_the_lease(db: Database, scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock)
    run = await claimed(db, clock)
    for _ in range(3):
        clock.forward(LEASE_S - 1)
        await run.heartbeat()
    assert await claim(db, clock, "other", TERMS) is None


async def test_a_guard_rolls_back_what_a_worker_without_lease_wrote(
    db: Database, scope: Scope, clock: SetClock
) -> None:
    await add(db, scope, clock)
    lost = await claimed(db, clock)
    clock.forward(LEASE_S + 1)
    await claimed(db, clock, "other")
    with pytest.raises(LeaseLost):
        async with db.transaction(scope) as connection:
            await enqueue(connection, scope, NewJob("written by a ghost", {}, collection_id=None), clock.now())
            await lost.guard(connection)
    kinds = [job.kind for job in (await list_jobs(db, scope, cursor=None, limit=10)).items]
    assert kinds == ["test"]


async def test_trouble_that_may_pass_is_tried_again_with_growing_delay(
    db: Database, scope: Scope, clock: SetClock
) -> None:
    await add(db, scope, clock)
    run = await claimed(db, clock)
    problem = BlobStoreUnavailable(reason="disk full")
    assert job_run.will_retry(run, problem)
    delay_s = await job_run.retry_later(run, problem)
    waiting = await get_job(db, scope, run.job.id)
    assert waiting.status is JobStatus.QUEUED
    assert waiting.run_at == clock.now() + timedelta(seconds=delay_s)
    assert waiting.last_error == {
        "code": "blob_store_unavailable",
        "kind": "unavailable",
        "facts": {"reason": "disk full"},
    }
    assert retry_delay_s(1) <= 1.0 < retry_delay_s(3) <= 4.0
    assert retry_delay_s(50) <= 300.0


async def test_what_is_not_there_is_waited_for_however_long_it_takes(
    db: Database, scope: Scope, clock: SetClock
) -> None:
    await add(db, scope, clock, max_attempts=2)
    for n in range(12):
        run = await claimed(db, clock)
        assert (run.job.attempt, run.job.waits) == (1, n)
        assert job_run.will_retry(run, BlobStoreUnavailable(reason="down"))
        delay_s = await job_run.retry_later(run, BlobStoreUnavailable(reason="down"))
        assert min(300.0, 2.0**n) / 2 <= delay_s <= min(300.0, 2.0**n)
        clock.forward(300)


async def test_whoever_refuses_the_work_is_left_alone_for_as_long_as_it_asks(
    db: Database, scope: Scope, clock: SetClock
) -> None:
    await add(db, scope, clock)
    run = await claimed(db, clock)
    assert await job_run.retry_later(run, BlobStoreUnavailable(reason="busy", retry_after_s=120.0)) == 120.0
    clock.forward(119)
    assert await claim(db, clock, "one", TERMS) is None
    clock.forward(1)
    run = await claimed(db, clock)
    assert await job_run.retry_later(run, BlobStoreUnavailable(reason="busy", retry_after_s=86_400.0)) == 300.0


async def test_progress_makes_waiting_begin_anew(db: Database, scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock)
    for _ in range(6):
        await job_run.retry_later(await claimed(db, clock), BlobStoreUnavailable(reason="down"))
        clock.forward(300)
    run = await claimed(db, clock)
    await run.report("stage", 1, 3)
    assert await job_run.retry_later(run, BlobStoreUnavailable(reason="down")) <= 1.0


async def test_the_last_attempt_is_not_tried_again(db: Database, scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock)
    defect = UnexpectedError(reason="a defect")
    for _ in range(4):
        run = await claimed(db, clock)
        assert job_run.will_retry(run, defect)
        await job_run.retry_later(run, defect)
        clock.forward(400)
    run = await claimed(db, clock)
    assert run.job.attempt == run.job.max_attempts
    assert not job_run.will_retry(run, defect)
    await job_run.fail(run, BlobNotFound(key="k"))
    assert (await get_job(db, scope, run.job.id)).status is JobStatus.FAILED


async def test_postponing_counts_no_attempt(db: Database, scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock)
    await job_run.postpone(await claimed(db, clock), 5.0)
    assert await claim(db, clock, "one", TERMS) is None
    clock.forward(5)
    assert (await claimed(db, clock)).job.attempt == 1


async def test_a_process_that_is_alone_takes_over_at_once(db: Database, scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock)
    await claimed(db, clock, "killed")
    async with db.transaction(scope) as connection:
        assert await release_all(connection, clock.now()) == 1
    assert (await claimed(db, clock, "restarted")).job.fence == 2


async def test_cancelling_a_waiting_job_makes_it_due_for_a_worker_to_end(
    db: Database, scope: Scope, clock: SetClock
) -> None:
    job = await add(db, scope, clock, run_at=clock.now() + timedelta(hours=1))
    queue = InlineJobQueue()
    asked = await cancel(db, queue, clock, scope, job.id)
    assert asked.cancel_requested
    assert await queue.receive(1.0) == job.id
    run = await claimed(db, clock)
    assert run.job.cancel_requested
    await job_run.cancel_run(run)
    assert (await get_job(db, scope, job.id)).status is JobStatus.CANCELLED
    with pytest.raises(JobFinished):
        await cancel(db, queue, clock, scope, job.id)


async def test_a_running_job_hears_of_its_cancellation(db: Database, scope: Scope, clock: SetClock) -> None:
    job = await add(db, scope, clock)
    run = await claimed(db, clock)
    await cancel(db, InlineJobQueue(), clock, scope, job.id)
    assert await run.is_cancelled()


async def test_a_failed_job_can_be_tried_again_from_the_start(db: Database, scope: Scope, clock: SetClock) -> None:
    await add(db, scope, clock)
    run = await claimed(db, clock)
    queue = InlineJobQueue()
    with pytest.raises(JobNotFailed):
        await retry(db, queue, clock, scope, run.job.id)
    await job_run.fail(run, BlobNotFound(key="k"))
    again = await retry(db, queue, clock, scope, run.job.id)
    assert (again.status, again.attempt, again.last_error, again.payload) == (
        JobStatus.QUEUED,
        0,
        None,
        {"a": 1, RETRY_FLAG: True},
    )


async def test_another_tenants_job_does_not_exist(
    db: Database, scope: Scope, other_scope: Scope, clock: SetClock
) -> None:
    job = await add(db, scope, clock)
    with pytest.raises(JobNotFound):
        await get_job(db, other_scope, job.id)
    with pytest.raises(JobNotFound):
        await cancel(db, InlineJobQueue(), clock, other_scope, job.id)
    assert (await list_jobs(db, other_scope, cursor=None, limit=10)).items == ()


async def test_jobs_are_listed_newest_first_page_by_page(db: Database, scope: Scope, clock: SetClock) -> None:
    ids = []
    for _ in range(5):
        ids.append((await add(db, scope, clock)).id)
        await asyncio.sleep(0.002)  # Ids made in one millisecond have no order.
    seen: list[str] = []
    cursor = None
    while True:
        page = await list_jobs(db, scope, statuses=[JobStatus.QUEUED], cursor=cursor, limit=2)
        seen += [job.id for job in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ids[::-1]


async def test_watching_ends_with_the_job(db: Database, scope: Scope, clock: SetClock) -> None:
    job = await add(db, scope, clock)
    states = iter_standings(db, clock, PATIENCE, scope, job.id)
    assert (await anext(states))[1] == Standing(JobState.STARVED, WaitingFor.WORKER, 0)
    run = await claimed(db, clock)
    assert (await anext(states))[1].state is JobState.RUNNING
    await job_run.succeed(run)
    assert [standing.state async for _, standing in states] == [JobState.SUCCEEDED]


async def test_old_finished_jobs_are_forgotten(db: Database, scope: Scope, clock: SetClock) -> None:
    for _ in range(3):
        await add(db, scope, clock)
        await job_run.succeed(await claimed(db, clock))
    waiting = await add(db, scope, clock)
    clock.forward(100)
    for gone in (2, 1, 0):
        async with db.transaction(scope) as connection:
            assert await delete_finished(connection, clock.now(), limit=2) == gone
    assert [job.id for job in (await list_jobs(db, scope, cursor=None, limit=9)).items] == [waiting.id]
