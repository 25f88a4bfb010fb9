"""Run an ingestion job: read, embed and publish its versions, some at a time, each stage working ahead of the next."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from itertools import groupby
from typing import ClassVar, Final

from ragstone.features.collections.collection import Collection
from ragstone.features.collections.read import get_collection
from ragstone.features.documents import store
from ragstone.features.documents.document import Document, DocumentStatus, Version
from ragstone.features.documents.intake.discard import discard_held
from ragstone.features.ingestion.ahead import ahead, overlapped
from ragstone.features.ingestion.batch import EmbeddedBatch, ReadVersion, passages_of, split_rejected
from ragstone.features.ingestion.compare import is_unchanged
from ragstone.features.ingestion.embed import embed
from ragstone.features.ingestion.plan import Plan
from ragstone.features.ingestion.publish import publish
from ragstone.features.ingestion.read import read
from ragstone.features.ingestion.read_texts import read_texts
from ragstone.features.ingestion.sandbox.process import ParserProcess
from ragstone.features.ingestion.unindex import unindex
from ragstone.features.jobs.job import HELD_FLAG, LeaseLost
from ragstone.features.jobs.retry import RETRY_FLAG
from ragstone.features.jobs.run import JobRun, problem_facts, yield_turn
from ragstone.kit.problem import Kind, Problem
from ragstone.ports.runtime import Runtime

_GIVEN_UP: Final = (DocumentStatus.FAILED, DocumentStatus.CANCELLED)
_BATCH_CHUNKS: Final = 256
_EMBEDDING_AT_ONCE: Final = 2
_MANY: Final = 500
_SUSPICIOUS_LOSSES: Final = 2
_FATAL_LOSSES: Final = 6  # Of which the last four with the same document in hand: no accident strikes so often.
_SUSPECTS: Final = 2048  # More than were on their way through the stages when the process died.


class DocumentEndedWorker(Problem):
    """Each time this document was read, the process ended with it."""

    kind: ClassVar[Kind] = Kind.UNSUPPORTED
    code: ClassVar[str] = "document_ended_worker"


class IngestJobs:
    """Runs jobs that read versions, with one parser process; `plan` says which."""

    def __init__(self, runtime: Runtime, parser: ParserProcess, plan: Plan) -> None:
        self._runtime = runtime
        self._parser = parser
        self._plan = plan

    async def run(self, run: JobRun) -> bool:
        """Read everything the job has still to read. Raises `JobFailed` if a document could not be read."""
        is_held = run.job.payload.get(HELD_FLAG)  # And nobody is sending its input any more.
        if is_held and not await discard_held(self._runtime.db, run.clock, run.scope, run.job.id):
            raise LeaseLost(run.job.id)  # The job has gone with its documents.
        if run.job.payload.get(RETRY_FLAG):
            await self._take_up_again(run)
        done, total = await self._plan.progress(run, await self._counts(run))
        await run.report("read", done, total)
        if run.job.losses >= _SUSPICIOUS_LOSSES:
            done = await self._one_by_one(run, done, total)
        async for batch in ahead(self._embedded(run)):
            done += len(batch.versions)
            await publish(self._runtime, run, batch, min(done, total), total)
        if await self._pending(run, None, 1) or await self._plan.take_more(run):
            await yield_turn(run)
            return False
        await self._plan.close(run, await self._counts(run))
        return True

    async def give_up(self, run: JobRun, problem: Problem | None) -> None:
        """What has not been read will not be; what it may have left in the index is removed."""
        status = DocumentStatus.FAILED if problem else DocumentStatus.CANCELLED
        error = problem_facts(problem) if problem else None
        while pending := await self._pending(run, None, _MANY):
            await unindex(self._runtime, run.scope, [version.id for _, version in pending])
            async with self._runtime.db.transaction(run.scope) as connection:
                await run.guard(connection)
                version_ids = [version.id for _, version in pending]
                await store.set_unread(connection, run.scope, version_ids, status, error, run.clock.now())

    async def _one_by_one(self, run: JobRun, done: int, total: int) -> int:
        """Read the first versions each for itself, as one of them may be what ended the process; how many are done.

        The job row names the one in hand before it is touched. One that has been in hand at death after death, while
        nothing else got further, is given up, and the job begins anew without it.
        """
        for document, version in await self._pending(run, None, _SUSPECTS):
            collection = await self._collection(run, document.collection_id)
            if run.job.losses >= _FATAL_LOSSES and run.job.in_hand == version.id:
                await self._give_up_one(run, version, DocumentEndedWorker(losses=run.job.losses))
                async with self._runtime.db.transaction(run.scope) as connection:
                    await run.guard(connection, attempt=1, losses=0, in_hand=None)
                continue
            async with self._runtime.db.transaction(run.scope) as connection:
                await run.guard(connection, in_hand=version.id)
            item = await self._read_one(run, collection, document, version)
            batch = await self._embed(run, collection, [item] if item else [])
            if batch.versions:
                done += 1
                await publish(self._runtime, run, batch, min(done, total), total)
        return done

    async def _embedded(self, run: JobRun) -> AsyncGenerator[EmbeddedBatch, None]:
        """The embedder is given the next batch before it has finished one: it never waits for the rest of us."""

        async def embed_one(read: tuple[Collection, list[ReadVersion]]) -> EmbeddedBatch:
            read_for, versions = read
            collection = await self._collection(run, read_for.id)  # It may have begun to move to another model since.
            return await self._embed(run, collection, versions)

        async for batch in overlapped(ahead(self._read(run)), embed_one, _EMBEDDING_AT_ONCE):
            if batch.versions:
                yield batch

    async def _embed(self, run: JobRun, collection: Collection, versions: list[ReadVersion]) -> EmbeddedBatch:
        """The versions with their vectors, less those with a chunk the model will not take, which fail alone."""
        embedded = await embed(self._runtime, run.scope, collection, passages_of(versions))
        batch, rejected = split_rejected(collection, versions, embedded)
        for version, problem in rejected:
            await self._give_up_one(run, version, problem)
        return batch

    async def _read(self, run: JobRun) -> AsyncGenerator[tuple[Collection, list[ReadVersion]], None]:
        """Batches of one collection, closed when they hold enough documents or chunks."""
        batch: list[ReadVersion] = []
        current: Collection | None = None
        async for collection, item in self._read_all(run):
            if current is not None and batch and (current.id != collection.id or self._is_full(batch)):
                yield current, batch
                batch = []
                if await run.should_yield():  # What has been read is published; the rest waits for the next turn.
                    return
            current = collection
            batch.append(item)
        if current is not None and batch:
            yield current, batch

    async def _read_all(self, run: JobRun) -> AsyncIterator[tuple[Collection, ReadVersion]]:
        """Everything that can be read, in order; short texts many at a time."""
        async for page in self._pages(run):
            for collection_id, entries in groupby(page, key=lambda entry: entry[0].collection_id):
                collection = await self._collection(run, collection_id)
                pending = list(entries)
                texts = await read_texts(self._runtime, run.scope, collection, pending)
                for document, version in pending:
                    item = await self._read_one(run, collection, document, version, texts.get(version.id))
                    if item is not None:
                        yield collection, item

    def _is_full(self, batch: list[ReadVersion]) -> bool:
        many_documents = len(batch) >= self._runtime.settings.ingestion.batch_documents
        return many_documents or sum(len(item.chunks) for item in batch) >= _BATCH_CHUNKS

    async def _read_one(
        self,
        run: JobRun,
        collection: Collection,
        document: Document,
        version: Version,
        text: ReadVersion | Problem | None = None,
    ) -> ReadVersion | None:
        """A version, unless `text` is it already. One that cannot be read fails by itself; trouble that may pass is
        the whole job's.
        """
        try:
            if isinstance(text, Problem):
                raise text
            return text or await self._read_apart(run, collection, document, version)
        except Problem as problem:
            if problem.is_retryable:
                raise
            await self._give_up_one(run, version, problem)
            return None

    async def _read_apart(
        self, run: JobRun, collection: Collection, document: Document, version: Version
    ) -> ReadVersion:
        item = await read(self._runtime, self._parser, run.scope, collection, document, version)
        async with self._runtime.db.read(run.scope) as connection:
            unchanged = await is_unchanged(connection, run.scope, document, item)
        return replace(item, chunks=(), is_unchanged=True) if unchanged else item

    async def _give_up_one(self, run: JobRun, version: Version, problem: Problem) -> None:
        if run.job.fence > 1:  # An earlier attempt may have read it, and died before it was published.
            await unindex(self._runtime, run.scope, [version.id])
        error = problem_facts(problem)
        async with self._runtime.db.transaction(run.scope) as connection:
            await run.guard(connection)
            await store.set_unread(connection, run.scope, [version.id], DocumentStatus.FAILED, error, run.clock.now())

    async def _pages(self, run: JobRun) -> AsyncIterator[list[tuple[Document, Version]]]:
        after: str | None = None
        while True:
            page = await self._pending(run, after, self._runtime.settings.ingestion.batch_documents)
            if page:
                yield page
                after = page[-1][1].id
            elif not await self._plan.take_more(run):
                return

    async def _pending(self, run: JobRun, after: str | None, limit: int) -> list[tuple[Document, Version]]:
        async with self._runtime.db.read(run.scope) as connection:
            return list(await store.list_pending(connection, run.scope, run.job.id, after, limit))

    async def _counts(self, run: JobRun) -> dict[DocumentStatus, int]:
        async with self._runtime.db.read(run.scope) as connection:
            return await store.count_by_status(connection, run.scope, run.job.id)

    async def _collection(self, run: JobRun, collection_id: str) -> Collection:
        return await get_collection(self._runtime.db, run.scope, collection_id)

    async def _take_up_again(self, run: JobRun) -> None:
        """A retried job reads what it had given up; the flag goes with the same transaction."""
        payload = {name: value for name, value in run.job.payload.items() if name != RETRY_FLAG}
        async with self._runtime.db.transaction(run.scope) as connection:
            await run.guard(connection, payload=payload)
            version_ids = await store.list_version_ids(connection, run.scope, run.job.id, _GIVEN_UP)
            await store.set_unread(connection, run.scope, version_ids, DocumentStatus.PENDING, None, run.clock.now())
