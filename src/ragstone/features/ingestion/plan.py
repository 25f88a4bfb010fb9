"""Which versions a job reads: those that were handed in with it, or further versions of documents, made as it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.documents import store, version_store
from ragstone.features.documents.document import Cause, DocumentStatus, Version
from ragstone.features.documents.version_store import ActiveVersion
from ragstone.features.documents.versions import reindex_store
from ragstone.features.jobs.job import OUTCOME, JobFailed
from ragstone.features.jobs.run import JobRun
from ragstone.features.jobs.store import find_job
from ragstone.kit.ids import new_id

Counts = Mapping[DocumentStatus, int]

_TAKEN_AT_ONCE: Final = 100


class Plan(Protocol):
    """Where the versions of a job come from, and how far it is."""

    async def take_more(self, run: JobRun) -> bool:
        """Make some more pending versions; False if there are no more to be made."""
        ...

    async def progress(self, run: JobRun, counts: Counts) -> tuple[int, int]:
        """Documents dealt with, and documents altogether."""
        ...

    async def close(self, run: JobRun, counts: Counts) -> None:
        """Everything was read. Raises `JobFailed` if something could not be."""
        ...


class AsHandedIn:
    """Reads the versions that were made with the job."""

    async def take_more(self, run: JobRun) -> bool:
        """There are no others."""
        del run
        return False

    async def progress(self, run: JobRun, counts: Counts) -> tuple[int, int]:
        """By the versions' states."""
        del run
        total = sum(counts.values())
        return total - counts.get(DocumentStatus.PENDING, 0), total

    async def close(self, run: JobRun, counts: Counts) -> None:
        """Raises `JobFailed` if something could not be read."""
        done, total = await self.progress(run, counts)
        await run.report("done", done, total)
        if failed := counts.get(DocumentStatus.FAILED, 0):
            raise JobFailed(failed=failed, total=total)


class Again:
    """Reads documents again that are there, some at a time: no transaction grows with their number."""

    async def take_more(self, run: JobRun) -> bool:
        """Make further versions of the next documents, from the same originals."""
        async with run.db.transaction(run.scope) as connection:
            await run.guard_unless_cancelled(connection)
            payload = await _payload(connection, run)
            if payload["is_planned"]:
                return False
            document_ids = await reindex_store.list_next(connection, run.scope, payload, _TAKEN_AT_ONCE)
            await _take(connection, run, document_ids)
            taken = {
                "after": document_ids[-1] if document_ids else payload["after"],
                "taken": payload["taken"] + len(document_ids),
                "is_planned": len(document_ids) < _TAKEN_AT_ONCE,
            }
            await run.guard(connection, payload={**payload, **taken})
        return bool(document_ids)

    async def progress(self, run: JobRun, counts: Counts) -> tuple[int, int]:
        """By the documents taken so far."""
        async with run.db.read(run.scope) as connection:
            taken = int((await _payload(connection, run))["taken"])
        return taken - counts.get(DocumentStatus.PENDING, 0), max(taken, run.job.total)

    async def close(self, run: JobRun, counts: Counts) -> None:
        """Note how it came out. Raises `JobFailed` if something could not be read."""
        done, total = await self.progress(run, counts)
        failed = counts.get(DocumentStatus.FAILED, 0)
        async with run.db.transaction(run.scope) as connection:
            payload = await _payload(connection, run)
            changed = await reindex_store.count_published(connection, run.scope, run.job.id)
            outcome = {"changed": changed, "unchanged": max(0, done - changed - failed), "failed": failed}
            await run.guard(connection, stage="done", done=done, total=total, payload={**payload, OUTCOME: outcome})
            await _note_indexed(connection, run, payload)
        if failed:
            raise JobFailed(failed=failed, total=total)


async def _payload(connection: AsyncConnection, run: JobRun) -> Mapping[str, Any]:
    """As it is by now: this attempt has changed it since the job was claimed."""
    job = await find_job(connection, run.scope, run.job.id)
    return job.payload if job is not None else run.job.payload


async def _note_indexed(connection: AsyncConnection, run: JobRun, payload: Mapping[str, Any]) -> None:
    """The collection is cut as it should be, unless that was changed meanwhile."""
    if payload.get("document_id") is None:
        await reindex_store.note_indexed(connection, run.scope, payload["collection_id"], payload["chunking"])


async def _take(connection: AsyncConnection, run: JobRun, document_ids: Sequence[str]) -> None:
    """Give the job a pending version of each document that is not waiting for one already."""
    active = await version_store.lock_documents(connection, run.scope, document_ids)
    versions = await store.list_versions_of(connection, run.scope, list(active))
    added: list[tuple[Version, None]] = []
    again: list[str] = []
    for document_id, known in versions.items():
        version = _next_version(run, known, active[document_id])
        if version is None:
            continue
        if version.id == known[-1].id:
            again.append(version.id)
        else:
            added.append((version, None))
    if added:
        await version_store.insert_versions(connection, run.scope, added, run.clock.now())
    if again:
        await reindex_store.hand_over(connection, run.scope, again, run.job.id)
        await store.set_unread(connection, run.scope, again, DocumentStatus.PENDING, None, run.clock.now())


def _next_version(run: JobRun, known: Sequence[Version], active: ActiveVersion | None) -> Version | None:
    """What is to be read of a document: its newest version once more if that failed, or else another one."""
    newest = known[-1]
    if any(version.status is DocumentStatus.PENDING for version in known):
        return None  # It is about to be read anyway.
    if active is None:
        return newest if newest.status is DocumentStatus.FAILED else None
    former = next(version for version in known if version.id == active.id)
    gave_up = newest.cause is Cause.REINDEX and newest.status in {DocumentStatus.FAILED, DocumentStatus.CANCELLED}
    if gave_up and newest.source_sha256 == former.source_sha256:
        return newest
    return replace(
        former,
        id=new_id("ver"),
        number=newest.number + 1,
        cause=Cause.REINDEX,
        job_id=run.job.id,
        status=DocumentStatus.PENDING,
        text_sha256=None,
        n_bytes=None,
        n_chars=None,
        n_pages=None,
        page_starts=None,
        n_chunks=None,
        found_title=None,
        found_metadata=None,
        created_at=run.clock.now(),
        published_at=None,
    )
