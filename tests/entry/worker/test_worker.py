"""The claim loop with real rows: turns, slices, cancelling, and its own presence."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from ragstone.engine.parsing.limits import ParseLimits
from ragstone.entry.worker.supervise import background
from ragstone.entry.worker.worker import Worker
from ragstone.features.collections.create import get_or_create_default
from ragstone.features.documents.intake.draft import IncomingFile, Label, TextDraft
from ragstone.features.documents.intake.ingest import ingest
from ragstone.features.documents.intake.upload import INGEST, upload
from ragstone.features.ingestion.plan import AsHandedIn
from ragstone.features.ingestion.run import IngestJobs
from ragstone.features.ingestion.sandbox.process import ParserProcess, SandboxLimits
from ragstone.features.jobs import worker_store
from ragstone.features.jobs.cancel import cancel
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.features.jobs.job import JobStatus, Priority
from ragstone.features.jobs.read import get_job
from ragstone.features.jobs.run import JobRun, yield_turn
from ragstone.features.jobs.watch import iter_states
from ragstone.features.jobs.worker import ALIVE_S, WorkerSeen
from ragstone.kit.ids import new_id
from ragstone.kit.problem import Problem
from ragstone.kit.scope import Scope
from ragstone.ports.blob_store import BlobStoreUnavailable
from ragstone.ports.runtime import Runtime

_SANDBOX = Path(__file__).parents[2] / "features" / "ingestion" / "sandbox"
MISBEHAVING = (sys.executable, "-I", str(_SANDBOX / "misbehaving_child.py"))

HANG_S = 120.0
"""After so long a test is hung. No test passes or fails by being faster."""


@dataclass
class Deeds:
    """A kind of job that keeps a diary, and does what its payload says."""

    begun: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    given_up: list[str] = field(default_factory=list)
    outages: int = 0

    async def run(self, run: JobRun) -> bool:
        self.begun.append(run.job.tenant_id)
        self.news.set()
        match run.job.payload["do"]:
            case "work without end":
                for _ in range(1000):  # A batch takes its time.
                    await asyncio.sleep(0.01)
                    if await run.should_yield():
                        await yield_turn(run)
                        return False
            case "hang":
                await asyncio.Event().wait()
            case "need what is down" if self.outages:
                self.outages -= 1
                raise BlobStoreUnavailable(reason="down")
        return True

    async def give_up(self, run: JobRun, problem: Problem | None) -> None:
        self.given_up.append(run.job.id)
        assert problem is None


@pytest.fixture
def deeds() -> Deeds:
    return Deeds()


@pytest.fixture
def busy() -> Scope:
    return Scope(new_id("ten"), "tester", frozenset({"read", "write"}))


@pytest.fixture
def quiet() -> Scope:
    return Scope(new_id("ten"), "tester", frozenset({"read", "write"}))


@contextlib.asynccontextmanager
async def working(runtime: Runtime, deeds: Deeds, slots: int) -> AsyncIterator[None]:
    task = asyncio.create_task(Worker(runtime, {"deed": deeds}, slots).work())
    try:
        async with asyncio.timeout(HANG_S):
            yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def add(runtime: Runtime, scope: Scope, count: int, do: str = "nothing") -> list[str]:
    async with runtime.db.transaction(scope) as connection:
        new = NewJob("deed", {"do": do}, collection_id=None)
        return [(await enqueue(connection, scope, new, runtime.clock.now())).id for _ in range(count)]


async def over(runtime: Runtime, scope: Scope, job_id: str) -> JobStatus:
    return [job async for job in iter_states(runtime.db, scope, job_id)][-1].status


async def until_begun(deeds: Deeds, scope: Scope) -> None:
    while scope.tenant_id not in deeds.begun:
        deeds.news.clear()
        await deeds.news.wait()


async def alive(runtime: Runtime) -> list[WorkerSeen]:
    async with runtime.db.read_across_tenants() as connection:
        return list(await worker_store.list_workers(connection, runtime.clock.now() - timedelta(seconds=ALIVE_S)))


@pytest.mark.parametrize("slots", [1, 3])
async def test_five_jobs_never_wait_for_another_tenants_five_thousand(
    runtime: Runtime, deeds: Deeds, busy: Scope, quiet: Scope, slots: int
) -> None:
    await add(runtime, busy, 5000)
    async with working(runtime, deeds, slots):
        await until_begun(deeds, busy)
        few = await add(runtime, quiet, 5)
        before = len(deeds.begun)
        assert [await over(runtime, quiet, job_id) for job_id in few] == ["succeeded"] * 5
    meanwhile = deeds.begun[before:]
    last = max(place for place, tenant_id in enumerate(meanwhile) if tenant_id == quiet.tenant_id)
    assert meanwhile[:last].count(busy.tenant_id) < 20


async def test_a_job_without_end_lets_others_have_the_only_slot(
    runtime: Runtime, deeds: Deeds, busy: Scope, quiet: Scope
) -> None:
    (endless,) = await add(runtime, busy, 1, "work without end")
    async with working(runtime, deeds, 1):
        await until_begun(deeds, busy)
        for job_id in await add(runtime, quiet, 3):
            assert await over(runtime, quiet, job_id) == "succeeded"
        assert (await get_job(runtime.db, busy, endless)).attempt <= 1


async def test_a_running_job_that_is_cancelled_is_stopped_and_cleaned_up(
    runtime: Runtime, deeds: Deeds, busy: Scope
) -> None:
    (hung,) = await add(runtime, busy, 1, "hang")
    async with working(runtime, deeds, 1):
        await until_begun(deeds, busy)
        await cancel(runtime.db, runtime.queue, runtime.clock, busy, hung)
        assert await over(runtime, busy, hung) == "cancelled"
    assert deeds.given_up == [hung]


async def test_a_queued_job_is_cancelled_while_every_slot_is_taken(runtime: Runtime, deeds: Deeds, busy: Scope) -> None:
    await add(runtime, busy, 1, "hang")
    async with working(runtime, deeds, 1):
        await until_begun(deeds, busy)
        (queued,) = await add(runtime, busy, 1)
        await cancel(runtime.db, runtime.queue, runtime.clock, busy, queued)
        assert await over(runtime, busy, queued) == "cancelled"


async def test_urgent_work_is_done_while_every_slot_is_taken(runtime: Runtime, deeds: Deeds, busy: Scope) -> None:
    await add(runtime, busy, 1, "hang")
    async with working(runtime, deeds, 1):
        await until_begun(deeds, busy)
        async with runtime.db.transaction_across_tenants() as connection:
            new = NewJob("deed", {"do": "nothing"}, priority=Priority.URGENT, collection_id=None)
            purge = await enqueue(connection, busy, new, runtime.clock.now())
        assert await over(runtime, busy, purge.id) == "succeeded"


async def test_a_job_outlives_an_outage_longer_than_its_attempts(runtime: Runtime, deeds: Deeds, busy: Scope) -> None:
    deeds.outages = 3
    async with runtime.db.transaction_across_tenants() as connection:
        new = NewJob("deed", {"do": "need what is down"}, max_attempts=1, collection_id=None)
        job = await enqueue(connection, busy, new, runtime.clock.now())
    async with working(runtime, deeds, 1):
        assert await over(runtime, busy, job.id) == "succeeded"
    assert (await get_job(runtime.db, busy, job.id)).attempt == 1


async def test_a_worker_is_seen_while_it_is_there(runtime: Runtime, deeds: Deeds, busy: Scope) -> None:
    async with working(runtime, deeds, 2):
        await add(runtime, busy, 1)
        await until_begun(deeds, busy)
        (seen,) = await alive(runtime)
        assert seen.slots == 2
    assert await alive(runtime) == []


async def test_a_worker_that_ends_gives_back_what_it_holds(runtime: Runtime, deeds: Deeds, busy: Scope) -> None:
    (hung,) = await add(runtime, busy, 1, "hang")
    async with working(runtime, deeds, 1):
        await until_begun(deeds, busy)
    job = await get_job(runtime.db, busy, hung)
    assert (job.status, job.attempt, job.losses) == (JobStatus.QUEUED, 0, 0)


async def texts_of(runtime: Runtime, scope: Scope, count: int) -> str:
    """The job that reads as many texts."""
    drafts = [TextDraft(f"Bollard number {n} holds a rope.", f"Bollard {n}") for n in range(count)]
    return (await ingest(runtime, scope, None, drafts)).job.id


async def test_a_large_ingestion_lets_other_tenants_read_theirs_meanwhile(
    runtime: Runtime, busy: Scope, quiet: Scope
) -> None:
    """One slot (see the settings of these tests), so that nobody is served by another one."""
    large = await texts_of(runtime, busy, 600)
    async with background(runtime, alone=True), asyncio.timeout(HANG_S):
        async for job in iter_states(runtime.db, busy, large):
            if job.done:
                break
        small = [await texts_of(runtime, quiet, 2) for _ in range(3)]
        assert [await over(runtime, quiet, job_id) for job_id in small] == ["succeeded"] * 3
        assert await over(runtime, busy, large) == "succeeded"
    ended = await get_job(runtime.db, busy, large)
    assert ended.finished_at is not None
    for job_id in small:
        done_at = (await get_job(runtime.db, quiet, job_id)).finished_at
        assert done_at is not None
        assert done_at < ended.finished_at
    assert (ended.done, ended.total, ended.losses) == (600, 600, 0)
    assert ended.fence > 1, "it gave its slot away"
    assert ended.attempt == 1


async def test_cancelling_ends_a_parser_in_the_middle_of_a_file(runtime: Runtime, busy: Scope) -> None:
    limits = SandboxLimits(memory_bytes=2**30, cpu_s=600, wall_s=600, parse=ParseLimits(max_pages=10, max_chars=1000))
    async with ParserProcess(limits, MISBEHAVING) as parser, asyncio.timeout(HANG_S):
        collection = await get_or_create_default(runtime.db, None, runtime.clock, busy)
        receipt = await upload(runtime, busy, collection.id, one_file("wait"), Label())
        worker = Worker(runtime, {INGEST: IngestJobs(runtime, parser, AsHandedIn())}, 1)
        task = asyncio.create_task(worker.work())
        async for job in iter_states(runtime.db, busy, receipt.job.id):
            if job.status is JobStatus.RUNNING and not job.cancel_requested:
                await cancel(runtime.db, runtime.queue, runtime.clock, busy, job.id)
        assert job.status is JobStatus.CANCELLED
        read_next = await parser.parse(b"next", "text/x", None)
        assert read_next[0].text.startswith("next"), "the parser is free again"
        task.cancel()
        await asyncio.wait({task})


async def one_file(name: str) -> AsyncIterator[IncomingFile]:
    async def content() -> AsyncIterator[bytes]:
        yield b"content"

    yield IncomingFile(name, content())
