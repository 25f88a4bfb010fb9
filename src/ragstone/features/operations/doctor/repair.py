"""Mend what can be mended from the relational store, which is the only truth. Running it twice is harmless."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import groupby
from typing import Final

from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.collections import generation_store
from ragstone.features.documents.delete import requeue_purge
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.store import set_unread
from ragstone.features.ingestion.embed_missing import drop_unneeded, embed_missing
from ragstone.features.ingestion.reindex_points import write_points
from ragstone.features.jobs.job import WorkerLost
from ragstone.features.jobs.run import problem_facts
from ragstone.features.operations.doctor.examine import examine
from ragstone.features.operations.doctor.findings import Finding, FindingKind, Report
from ragstone.kit.scope import Scope
from ragstone.ports.filters import Condition, Op
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexSpace

_BATCH: Final = 500

Mend = Callable[[Runtime, Sequence[Finding]], Awaitable[None]]


async def repair(runtime: Runtime, report: Report) -> Report:
    """Mend the findings, then look again: the second report says what is left."""
    ordered = sorted(report.findings, key=lambda finding: (finding.kind, sorted(finding.detail.items())))
    for kind, findings in groupby(ordered, key=lambda finding: finding.kind):
        mend = _MENDS.get(kind)
        if mend is not None:
            await mend(runtime, list(findings))
    return await examine(runtime)


async def _write_missing(runtime: Runtime, findings: Sequence[Finding]) -> None:
    for space, chunk_ids in _by_space(findings):
        for start in range(0, len(chunk_ids), _BATCH):
            await write_points(runtime, space, chunk_ids[start : start + _BATCH])


async def _delete_orphans(runtime: Runtime, findings: Sequence[Finding]) -> None:
    for space, chunk_ids in _by_space(findings):
        for start in range(0, len(chunk_ids), _BATCH):
            batch = tuple(chunk_ids[start : start + _BATCH])
            await runtime.index.delete(space, Condition("chunk_id", Op.IN, batch))


async def _drop_spaces(runtime: Runtime, findings: Sequence[Finding]) -> None:
    for finding in findings:
        await runtime.index.drop(_space(finding))


async def _embed_missing(runtime: Runtime, findings: Sequence[Finding]) -> None:
    for finding in findings:
        await embed_missing(runtime, _scope(finding), finding.detail["generation"])


async def _drop_vectors(runtime: Runtime, findings: Sequence[Finding]) -> None:
    for finding in findings:
        await drop_unneeded(runtime.db, _scope(finding), finding.detail["generation"])


async def _delete_blobs(runtime: Runtime, findings: Sequence[Finding]) -> None:
    for finding in findings:
        await runtime.blobs.delete(finding.detail["blob_key"])


async def _fail_versions(runtime: Runtime, findings: Sequence[Finding]) -> None:
    for finding in findings:
        async with runtime.db.transaction(_scope(finding)) as connection:
            await set_unread(
                connection,
                _scope(finding),
                [finding.detail["version_id"]],
                DocumentStatus.FAILED,
                problem_facts(WorkerLost(attempts=0)),
                runtime.clock.now(),
            )


async def _stop_moves(runtime: Runtime, findings: Sequence[Finding]) -> None:
    """What the move has left is an orphan from now on, and found by the next examination."""
    for finding in findings:
        place = (_scope(finding), finding.detail["collection_id"], finding.detail["job_id"])
        async with runtime.db.transaction(_scope(finding)) as connection:
            await generation_store.stop_moving(connection, *place)
            await generation_store.release(connection, *place)


async def _purge_again(runtime: Runtime, findings: Sequence[Finding]) -> None:
    for finding in findings:
        await requeue_purge(runtime, _scope(finding), finding.detail["collection_id"])


_MENDS: Final[Mapping[FindingKind, Mend]] = {
    FindingKind.INDEX_POINT_MISSING: _write_missing,
    FindingKind.INDEX_POINT_ORPHANED: _delete_orphans,
    FindingKind.INDEX_SPACE_ORPHANED: _drop_spaces,
    FindingKind.EMBEDDING_MISSING: _embed_missing,
    FindingKind.EMBEDDING_ORPHANED: _drop_vectors,
    FindingKind.BLOB_ORPHANED: _delete_blobs,
    FindingKind.VERSION_STUCK: _fail_versions,
    FindingKind.MOVE_STUCK: _stop_moves,
    FindingKind.DELETION_STUCK: _purge_again,
}


def _by_space(findings: Sequence[Finding]) -> list[tuple[IndexSpace, list[str]]]:
    spaces: dict[IndexSpace, list[str]] = {}
    for finding in findings:
        spaces.setdefault(_space(finding), []).append(finding.detail["chunk_id"])
    return list(spaces.items())


def _space(finding: Finding) -> IndexSpace:
    detail = finding.detail
    return IndexSpace(detail["tenant_id"], detail["generation"], int(detail["dimensions"]))


def _scope(finding: Finding) -> Scope:
    return Scope(finding.detail["tenant_id"], "doctor", ALL_PERMISSIONS)
