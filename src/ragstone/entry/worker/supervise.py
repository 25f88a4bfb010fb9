"""Everything that works in the background of one process, started and stopped together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

import structlog

from ragstone.engine.parsing.limits import ParseLimits
from ragstone.entry.worker.audit import forget_old_records, record_forever
from ragstone.entry.worker.events import EventHandler, deliver_forever, forget_old
from ragstone.entry.worker.worker import Worker
from ragstone.features.accounts.answered_store import forget_answered
from ragstone.features.accounts.forget import forget_sign_ins
from ragstone.features.accounts.invitations.store import forget_invitations
from ragstone.features.accounts.keys.note_uses import note_key_uses
from ragstone.features.accounts.quotas.store import forget_expired
from ragstone.features.collections.delete import COLLECTION_DELETED
from ragstone.features.documents.delete import PURGE, on_collection_deleted
from ragstone.features.documents.intake.upload import INGEST
from ragstone.features.documents.purge import PurgeJobs, sweep_uploads
from ragstone.features.documents.relabel import DOCUMENTS_RELABELLED
from ragstone.features.documents.versions.merge import MERGE
from ragstone.features.documents.versions.reindex import REINDEX
from ragstone.features.documents.versions.supersede import VERSIONS_REPLACED, on_versions_replaced
from ragstone.features.ingestion.generations.begin import DROP_PREVIOUS, MOVE
from ragstone.features.ingestion.generations.jobs import DropPreviousJobs, MoveJobs
from ragstone.features.ingestion.plan import Again, AsHandedIn
from ragstone.features.ingestion.relabel_points import on_documents_relabelled
from ragstone.features.ingestion.run import IngestJobs
from ragstone.features.ingestion.sandbox.ocr import Ocr, find_tesseract
from ragstone.features.ingestion.sandbox.process import ParserProcess, SandboxLimits
from ragstone.features.jobs import worker_store
from ragstone.features.jobs.kind import JobKind
from ragstone.features.jobs.store import delete_finished, expire_holds, release_all
from ragstone.features.operations.tenants.delete import ERASE
from ragstone.features.operations.tenants.erase import EraseJobs
from ragstone.kit.problem import Problem
from ragstone.ports.runtime import Runtime

EVENT_HANDLERS: Final[Mapping[str, Sequence[EventHandler]]] = {
    COLLECTION_DELETED: (on_collection_deleted,),
    DOCUMENTS_RELABELLED: (on_documents_relabelled,),
    VERSIONS_REPLACED: (on_versions_replaced,),
}

_SWEEP_S: Final = 600.0
_NOTE_USES_S: Final = 60.0
_UPLOAD_GRACE_S: Final = 24 * 3600.0  # No upload takes longer; what is older was broken off.
_AT_ONCE: Final = 1000
_WORKERS_KEPT: Final = timedelta(hours=1)
_log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def background(runtime: Runtime, *, alone: bool) -> AsyncIterator[None]:
    """Workers, event delivery and sweeps while the context is open.

    `alone` says that no other process works on this store: whatever a dead one left half done is taken up at once
    instead of when its lease or grace has run out.
    """
    if alone:
        await take_over(runtime)
    async with contextlib.AsyncExitStack() as stack:
        parser = await stack.enter_async_context(
            ParserProcess(sandbox_limits(runtime), ocr=await asyncio.to_thread(find_ocr, runtime))
        )
        handlers: dict[str, JobKind] = {
            INGEST: IngestJobs(runtime, parser, AsHandedIn()),
            MERGE: IngestJobs(runtime, parser, AsHandedIn()),
            REINDEX: IngestJobs(runtime, parser, Again()),
            PURGE: PurgeJobs(runtime),
            MOVE: MoveJobs(runtime),
            DROP_PREVIOUS: DropPreviousJobs(runtime),
            ERASE: EraseJobs(runtime),
        }
        worker = Worker(runtime, handlers, runtime.settings.ingestion.workers)
        tasks = [
            asyncio.create_task(worker.work()),
            asyncio.create_task(deliver_forever(runtime, EVENT_HANDLERS)),
            asyncio.create_task(record_forever(runtime)),
            asyncio.create_task(_sweep_forever(runtime)),
            asyncio.create_task(_note_uses_forever(runtime)),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _note_uses(runtime)


async def take_over(runtime: Runtime) -> None:
    """Put interrupted jobs back into the queue and remove blobs of interrupted uploads."""
    async with runtime.db.transaction_across_tenants() as connection:
        await worker_store.forget_silent(connection, runtime.clock.now())
        released = await release_all(connection, runtime.clock.now())
        broken = await expire_holds(connection, runtime.clock.now())
    swept = await sweep_uploads(runtime, 0.0)
    if released or broken or swept:
        _log.info("took over from an interrupted process", jobs=released, streams=broken, uploads=swept)


def sandbox_limits(runtime: Runtime) -> SandboxLimits:
    """The parser's limits as the settings have them."""
    settings = runtime.settings.ingestion
    return SandboxLimits(
        memory_bytes=settings.parser_memory_bytes,
        cpu_s=settings.parser_cpu_s,
        wall_s=settings.parser_wall_s,
        parse=ParseLimits(
            max_pages=settings.max_pages,
            max_chars=settings.max_chars,
            max_entries=settings.max_archive_entries,
            max_unpacked_bytes=settings.max_unpacked_bytes,
            max_ratio=settings.max_unpack_ratio,
            max_nesting=settings.max_nesting,
        ),
    )


async def _forget_answers(runtime: Runtime) -> None:
    """Drop answers nobody will ask for again, and invitations nobody has accepted in time."""
    kept = timedelta(hours=runtime.settings.http.idempotency_hours)
    async with runtime.db.transaction_across_tenants() as connection:
        await forget_answered(connection, runtime.clock.now() - kept)
        await forget_invitations(connection, runtime.clock.now())


async def _forget_reservations(runtime: Runtime) -> None:
    async with runtime.db.transaction_across_tenants() as connection:
        await forget_expired(connection, runtime.clock.now())


async def _forget_jobs(runtime: Runtime) -> None:
    """Drop jobs that have been over for long, some at a time so that others may write too, and workers that died."""
    now = runtime.clock.now()
    before = now - timedelta(days=runtime.settings.jobs.retention_days)
    gone = _AT_ONCE
    while gone == _AT_ONCE:
        async with runtime.db.transaction_across_tenants() as connection:
            gone = await delete_finished(connection, before, _AT_ONCE)
    async with runtime.db.transaction_across_tenants() as connection:
        await worker_store.forget_silent(connection, now - _WORKERS_KEPT)


def find_ocr(runtime: Runtime) -> Ocr | None:
    """What reads scanned pages, if it is wanted and installed."""
    settings = runtime.settings.ingestion
    found = find_tesseract(settings.ocr_languages) if settings.ocr == "auto" else None
    if found is None:
        return None
    _log.info("scanned pages are read by tesseract", languages="+".join(found.languages))
    return Ocr(
        found,
        max_pages=settings.ocr_max_pages,
        memory_bytes=settings.parser_memory_bytes,
        cpu_s=settings.ocr_page_s,
        wall_s=2 * settings.ocr_page_s,
    )


async def _sweep_forever(runtime: Runtime) -> None:
    while True:
        await asyncio.sleep(_SWEEP_S)
        try:
            await sweep_uploads(runtime, _UPLOAD_GRACE_S)
            await forget_old(runtime)
            await _forget_answers(runtime)
            await _forget_reservations(runtime)
            await _forget_jobs(runtime)
            await forget_old_records(runtime)
            await forget_sign_ins(runtime.db, runtime.clock)
        except Problem as problem:
            _log.warning("sweep failed", problem=problem.code, **problem.facts)


async def _note_uses_forever(runtime: Runtime) -> None:
    while True:
        await asyncio.sleep(_NOTE_USES_S)
        await _note_uses(runtime)


async def _note_uses(runtime: Runtime) -> None:
    try:
        await note_key_uses(runtime)
    except Problem as problem:
        _log.warning("uses of API keys could not be written", problem=problem.code, **problem.facts)
