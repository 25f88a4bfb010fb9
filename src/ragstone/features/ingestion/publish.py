"""Make what has been read and embedded visible: first in the index, then in one transaction in the store."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.collections.collection import Collection
from ragstone.features.documents import chunk_store, store
from ragstone.features.documents.relabel import announce
from ragstone.features.documents.store import Publication
from ragstone.features.ingestion.batch import ReadVersion
from ragstone.features.ingestion.points import index_point
from ragstone.features.jobs.run import JobRun
from ragstone.ports.filters import Condition, Op
from ragstone.ports.runtime import Runtime
from ragstone.ports.vectors import vector_bytes


async def publish(
    runtime: Runtime, run: JobRun, collection: Collection, versions: Sequence[ReadVersion], done: int, total: int
) -> None:
    """Write the points, then make the versions active. Points without an active version are never shown.

    A version that was given up meanwhile, as its document is being deleted, leaves nothing behind.
    Raises `LeaseLost`, `CancelRequested`, `IndexUnavailable`, `DatabaseUnavailable`.
    """
    points = [
        index_point(item.document, chunk, vector)
        for item in versions
        for chunk, vector in zip(item.chunks, item.vectors, strict=True)
    ]
    if run.job.fence > 1:  # An earlier attempt may have cut the same versions into more chunks.
        await _unindex(runtime, collection, [item.version.id for item in versions])
    await runtime.index.upsert(collection.space, points)
    async with runtime.db.transaction() as connection:
        await run.guard_unless_cancelled(connection, stage="publish", done=done, total=total)
        ended = [(await _publish_one(connection, runtime, run, item), item) for item in versions]
        if relabelled := [item.document.id for end, item in ended if end is Publication.RELABELLED]:
            await announce(connection, runtime, run.scope, relabelled)
    given_up = [item.version.id for end, item in ended if end is Publication.GIVEN_UP]
    if given_up:
        await _unindex(runtime, collection, given_up)


async def _unindex(runtime: Runtime, collection: Collection, version_ids: Sequence[str]) -> None:
    await runtime.index.delete(collection.space, Condition("version_id", Op.IN, tuple(version_ids)))


async def _publish_one(connection: AsyncConnection, runtime: Runtime, run: JobRun, item: ReadVersion) -> Publication:
    now = runtime.clock.now()
    text = item.parsed.text.encode()
    facts: dict[str, Any] = {
        "type": item.document.type,
        "text_sha256": hashlib.sha256(text).hexdigest(),
        "n_bytes": len(text),
        "n_chars": len(item.parsed.text),
        "n_pages": len(item.parsed.pages) or None,
        "page_starts": [page.start_char for page in item.parsed.pages] or None,
        "n_chunks": len(item.chunks),
        "found_title": item.parsed.title,
        "found_metadata": dict(item.parsed.metadata),
        "published_at": now,
    }
    ended = await store.publish_version(connection, run.scope, item.document, item.version.id, facts)
    if ended is Publication.GIVEN_UP:
        return ended
    rows = [
        {
            **asdict(chunk),
            "headings": list(chunk.headings),
            "embedding": None if vector is None else vector_bytes(vector),
        }
        for chunk, vector in zip(item.chunks, item.vectors, strict=True)
    ]
    await chunk_store.write_content(connection, run.scope, item.version.id, text, rows)
    return ended
