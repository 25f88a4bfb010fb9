"""Look at everything and say what is wrong. Changes nothing; work that is going on may show as wrong for a moment."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

from ragstone.features.operations.doctor import store
from ragstone.features.operations.doctor.findings import Finding, FindingKind, Report
from ragstone.ports.blob_store import BlobNotFound
from ragstone.ports.index_canary import prove_isolation
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexSpace

_PAGE: Final = 1000


async def examine(runtime: Runtime) -> Report:
    """Compare store, index and blobs. Raises when one of them cannot be reached, and `IndexLeaks`."""
    await prove_isolation(runtime.index)
    counts: Counter[str] = Counter(await store.count_rows(runtime.db))
    findings = [
        finding
        for examination in (
            _index(runtime, counts),
            _embeddings(runtime),
            _texts(runtime, counts),
            _blobs(runtime, counts),
            _work(runtime),
        )
        async for finding in examination
    ]
    return Report(tuple(findings), dict(counts))


async def _index(runtime: Runtime, counts: Counter[str]) -> AsyncIterator[Finding]:
    expected = await store.list_expected_spaces(runtime.db)
    for space in await runtime.index.list_spaces():
        if space not in expected and await runtime.index.count(space):
            yield Finding(FindingKind.INDEX_SPACE_ORPHANED, _facts(space))
    for space in expected:
        async for finding in _points(runtime, space, counts):
            yield finding


async def _points(runtime: Runtime, space: IndexSpace, counts: Counter[str]) -> AsyncIterator[Finding]:
    """Walk the store's chunks and the index's points side by side; both come in order of chunk id."""
    stored = store.iter_active_chunks(runtime.db, space)
    indexed = _iter_points(runtime, space, counts)
    chunk, point_id = await anext(stored, None), await anext(indexed, None)
    while chunk is not None or point_id is not None:
        if point_id is None or (chunk is not None and chunk[0] < point_id):
            chunk_id, is_required = chunk or ("", False)
            if is_required:
                yield Finding(FindingKind.INDEX_POINT_MISSING, {**_facts(space), "chunk_id": chunk_id})
            chunk = await anext(stored, None)
        elif chunk is None or point_id < chunk[0]:
            yield Finding(FindingKind.INDEX_POINT_ORPHANED, {**_facts(space), "chunk_id": point_id})
            point_id = await anext(indexed, None)
        else:
            chunk, point_id = await anext(stored, None), await anext(indexed, None)


async def _iter_points(runtime: Runtime, space: IndexSpace, counts: Counter[str]) -> AsyncIterator[str]:
    after: str | None = None
    while page := await runtime.index.scan(space, after, _PAGE):
        counts["points"] += len(page)
        for entry in page:
            yield entry.chunk_id
        after = page[-1].chunk_id


async def _embeddings(runtime: Runtime) -> AsyncIterator[Finding]:
    """Every chunk of an active version has been embedded, and nothing is kept that no chunk says."""
    async for row in store.iter_missing_embeddings(runtime.db):
        yield Finding(FindingKind.EMBEDDING_MISSING, _passages(row))
    async for row in store.iter_orphaned_embeddings(runtime.db):
        yield Finding(FindingKind.EMBEDDING_ORPHANED, _passages(row))


def _passages(row: store.PassageCount) -> dict[str, str]:
    return {"tenant_id": row.tenant_id, "generation": row.generation, "passages": str(row.passages)}


async def _texts(runtime: Runtime, counts: Counter[str]) -> AsyncIterator[Finding]:
    async for row, content in store.iter_texts(runtime.db):
        counts["texts"] += 1
        if hashlib.sha256(content).hexdigest() != row.text_sha256:
            facts = {"tenant_id": row.tenant_id, "document_id": row.document_id, "version_id": row.id}
            yield Finding(FindingKind.TEXT_DAMAGED, facts)


async def _blobs(runtime: Runtime, counts: Counter[str]) -> AsyncIterator[Finding]:
    expected = await store.list_expected_blobs(runtime.db)
    announced = await store.list_announced_blobs(runtime.db)
    async for blob in runtime.blobs.list_blobs():
        counts["blobs"] += 1
        if blob.key not in expected and blob.key not in announced:
            yield Finding(FindingKind.BLOB_ORPHANED, {"blob_key": blob.key})
    for blob_key, wanted in expected.items():
        kind = await _blob_verdict(runtime, wanted)
        if kind is not None:
            facts = {"tenant_id": wanted.tenant_id, "document_id": wanted.document_id, "blob_key": blob_key}
            yield Finding(kind, facts)


async def _blob_verdict(runtime: Runtime, wanted: store.ExpectedBlob) -> FindingKind | None:
    digest = hashlib.sha256()
    try:
        async for piece in runtime.blobs.read(wanted.blob_key):
            digest.update(piece)
    except BlobNotFound:
        return FindingKind.BLOB_MISSING
    return None if digest.hexdigest() == wanted.sha256 else FindingKind.BLOB_DAMAGED


async def _work(runtime: Runtime) -> AsyncIterator[Finding]:
    for row in await store.list_stuck_versions(runtime.db):
        facts = {"tenant_id": row.tenant_id, "document_id": row.document_id, "version_id": row.id}
        yield Finding(FindingKind.VERSION_STUCK, facts)
    for row in await store.list_stuck_moves(runtime.db):
        facts = {"tenant_id": row.tenant_id, "collection_id": row.id, "job_id": row.generation_job_id}
        yield Finding(FindingKind.MOVE_STUCK, facts)
    for row in await store.list_stuck_deletions(runtime.db):
        yield Finding(FindingKind.DELETION_STUCK, {"tenant_id": row.tenant_id, "collection_id": row.collection_id})


def _facts(space: IndexSpace) -> dict[str, str]:
    return {"tenant_id": space.tenant_id, "generation": space.generation, "dimensions": str(space.dimensions)}
