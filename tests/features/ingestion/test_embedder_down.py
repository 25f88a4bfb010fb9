"""An embedding server that is down for an hour: ingestion waits for it, says so, and goes on by itself."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.backends.embed_openai.server import EmbeddingServer, refuse

from ragstone.backends.embed_openai.embedder import OpenAIEmbedder
from ragstone.backends.embed_openai.options import Options
from ragstone.entry.worker.supervise import sandbox_limits
from ragstone.entry.worker.worker import Worker, terms
from ragstone.features.collections.collection import CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.documents.intake.draft import TextDraft
from ragstone.features.documents.intake.ingest import ingest
from ragstone.features.documents.intake.upload import INGEST
from ragstone.features.ingestion.plan import AsHandedIn
from ragstone.features.ingestion.run import IngestJobs
from ragstone.features.ingestion.sandbox.process import ParserProcess
from ragstone.features.jobs.claim import claim
from ragstone.features.jobs.job import Job, JobStatus
from ragstone.features.jobs.kind import JobKind
from ragstone.features.jobs.read import get_job
from ragstone.features.operations.health import check_health, is_ready
from ragstone.features.search.find import find
from ragstone.features.search.result import Mode, Notice, SearchRequest
from ragstone.kit.clock import SystemClock
from ragstone.kit.resilience.breaker import Breaker
from ragstone.kit.resilience.retry import RetryPolicy
from ragstone.kit.scope import Scope
from ragstone.ports.embedders import Embedders
from ragstone.ports.runtime import Runtime


class SetClock:
    """A clock that is moved by hand, for leases and pauses alike."""

    def __init__(self) -> None:
        self.began = self.moment = SystemClock().now()

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return (self.moment - self.began).total_seconds()


class OneWorker:
    """A worker that makes one attempt at a time, as soon as the job is due by the clock."""

    def __init__(self, runtime: Runtime, clock: SetClock, parser: ParserProcess) -> None:
        handlers: dict[str, JobKind] = {INGEST: IngestJobs(runtime, parser, AsHandedIn())}
        self._runtime = runtime
        self._clock = clock
        self._worker = Worker(runtime, handlers, slots=1)

    async def attempt(self, scope: Scope, job: Job) -> Job:
        self._clock.moment = max(self._clock.moment, job.run_at)
        run = await claim(self._runtime.db, self._clock, "one", terms(self._runtime, 1))
        assert run is not None
        await self._worker._attend(run)
        return await get_job(self._runtime.db, scope, job.id)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def server() -> AsyncIterator[EmbeddingServer]:
    async with EmbeddingServer() as server:
        yield server


@pytest.fixture
async def remote(runtime: Runtime, server: EmbeddingServer, clock: SetClock, tmp_path: Path) -> AsyncIterator[Runtime]:
    """The runtime with a model on another server."""
    breaker = Breaker("embedder", monotonic=clock.monotonic)
    options = Options("test-model", server.url, known_dimensions=16)
    async with OpenAIEmbedder(options, tmp_path, breaker=breaker, retries=RetryPolicy(attempts=1)) as embedder:
        embedders = Embedders(embedder, {"test-model": embedder})
        yield replace(runtime, embedders=embedders, clock=clock, breakers=(breaker,))


@pytest.fixture
async def worker(remote: Runtime, clock: SetClock) -> AsyncIterator[OneWorker]:
    async with ParserProcess(sandbox_limits(remote)) as parser:
        yield OneWorker(remote, clock, parser)


async def handed_in(runtime: Runtime, tenant: Scope) -> Job:
    made = await create_collection(runtime.db, runtime.embedder, runtime.clock, tenant, CollectionDraft("c"))
    return (await ingest(runtime, tenant, made.id, [TextDraft("Rope rots in the rain."), TextDraft("Tar keeps.")])).job


async def test_a_job_outlives_an_hour_without_the_embedding_server(
    remote: Runtime, tenant: Scope, server: EmbeddingServer, worker: OneWorker, clock: SetClock
) -> None:
    job = await handed_in(remote, tenant)
    await server.stop()
    due = [job.run_at]
    while clock.moment < clock.began + timedelta(hours=1):
        job = await worker.attempt(tenant, job)
        assert job.status is JobStatus.QUEUED
        assert job.last_error is not None
        assert job.last_error["code"] == "embedder_unreachable"
        due.append(job.run_at)
    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(due)]
    assert max(pauses) <= 301
    assert max(pauses[:3]) < 10 < min(pauses[8:])
    assert job.attempt == 0

    await server.start()
    while job.status is JobStatus.QUEUED:
        job = await worker.attempt(tenant, job)
    assert job.status is JobStatus.SUCCEEDED
    assert clock.moment < clock.began + timedelta(hours=1, minutes=15)
    found = await find(remote, tenant, SearchRequest("rain rope", mode=Mode.DENSE))
    assert found.hits[0].found.chunk.text == "Rope rots in the rain."
    assert found.notices == ()


async def test_readiness_tells_of_a_server_that_is_down_and_searches_go_on(
    remote: Runtime, tenant: Scope, server: EmbeddingServer, worker: OneWorker
) -> None:
    job = await handed_in(remote, tenant)
    assert (await worker.attempt(tenant, job)).status is JobStatus.SUCCEEDED
    await server.stop()
    for n in range(3):
        found = await find(remote, tenant, SearchRequest(f"rope {n}"))
        assert [hit.found.chunk.text for hit in found.hits] == ["Rope rots in the rain."]
        assert found.notices == (Notice.EMBEDDER_UNAVAILABLE,)
    parts = await check_health(remote)
    assert parts["embedder"].status == "down"
    assert parts["breakers"].status == "down"
    assert parts["breakers"].detail.startswith("embedder: open for 5 s")
    assert is_ready(parts)


async def test_an_account_without_credit_stops_nothing_for_good(
    remote: Runtime, tenant: Scope, server: EmbeddingServer, worker: OneWorker, clock: SetClock
) -> None:
    job = await handed_in(remote, tenant)
    server.rules.append(lambda _: refuse("You exceeded your current quota", 429, code="insufficient_quota"))
    for _ in range(5):
        job = await worker.attempt(tenant, job)
    assert job.last_error is not None
    assert job.last_error["code"] == "embedder_out_of_credit"
    assert len(server.asked) == 1
    server.rules.clear()
    while job.status is JobStatus.QUEUED:
        job = await worker.attempt(tenant, job)
    assert job.status is JobStatus.SUCCEEDED
    assert clock.moment < clock.began + timedelta(minutes=15)
