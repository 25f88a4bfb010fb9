"""Make what has been read and embedded visible: first in the index, then in one transaction in the store."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db import outbox
from ragstone.engine.parsing.document import PageRange
from ragstone.features.collections import generation_store
from ragstone.features.collections.read import get_collection
from ragstone.features.documents import chunk_store, embedding_store, store, usage_store, version_store
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.embedding_store import Vectors
from ragstone.features.documents.publish_store import Publication, Published, Reading, publish_versions
from ragstone.features.documents.relabel import announce
from ragstone.features.documents.similar_store import flag_near_duplicate
from ragstone.features.documents.versions import reindex_store
from ragstone.features.documents.versions.merge import MERGE
from ragstone.features.documents.versions.sources import find_changed, hide_sources
from ragstone.features.documents.versions.supersede import VERSIONS_REPLACED
from ragstone.features.ingestion.batch import EmbeddedBatch, ReadVersion, passages_of
from ragstone.features.ingestion.embed import embed
from ragstone.features.ingestion.points import index_point
from ragstone.features.ingestion.unindex import unindex
from ragstone.features.jobs.run import JobRun, problem_facts
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexPoint

_ACTIVE: Final = frozenset({Publication.DONE, Publication.RELABELLED})


async def publish(runtime: Runtime, run: JobRun, batch: EmbeddedBatch, done: int, total: int) -> None:
    """Write the points, then make the versions active. Points without an active version are never shown.

    A version that was given up meanwhile, as its document is being deleted, leaves nothing behind. Whoever listens to
    `VERSIONS_REPLACED` removes what the new versions have taken the place of.
    Raises `LeaseLost`, `CancelRequested`, `IndexUnavailable`, `DatabaseUnavailable`.
    """
    if run.job.fence > 1:  # An earlier attempt may have cut the same versions into more chunks.
        await unindex(runtime, run.scope, [item.version.id for item in batch.versions])
    while True:
        await _write_points(runtime, batch)
        try:
            given_up = await _commit(runtime, run, batch, done, total)
        except _GenerationsChanged:
            batch = await _for_present_generations(runtime, run, batch)
        else:
            break
    if given_up:
        await unindex(runtime, run.scope, given_up)


class _GenerationsChanged(Exception):
    """The collection has begun or ended to move to another model since the points were written."""


async def _write_points(runtime: Runtime, batch: EmbeddedBatch) -> None:
    for space, embedded in zip(batch.collection.written_spaces, batch.embedded, strict=True):
        # Thousands of terms are counted, and other requests must not wait for it.
        points = await asyncio.to_thread(_points, batch.versions, embedded.vectors)
        await runtime.index.upsert(space, points)


async def _commit(runtime: Runtime, run: JobRun, batch: EmbeddedBatch, done: int, total: int) -> list[str]:
    """Make the versions active, all or none; those that were given up meanwhile. Raises `_GenerationsChanged`."""
    async with runtime.db.transaction(run.scope) as connection:
        await run.guard_unless_cancelled(connection, stage="publish", done=done, total=total)
        await embedding_store.begin_adding(connection, run.scope)
        present = await generation_store.hold_generations(connection, run.scope, batch.collection.id)
        if present is not None and present != {space.generation for space in batch.collection.written_spaces}:
            raise _GenerationsChanged
        return await _switch(connection, runtime, run, batch)


async def _for_present_generations(runtime: Runtime, run: JobRun, batch: EmbeddedBatch) -> EmbeddedBatch:
    """The batch as it has to be published now, with nothing left where it does not belong any more."""
    await unindex(runtime, run.scope, [item.version.id for item in batch.versions])
    collection = await get_collection(runtime.db, run.scope, batch.collection.id)
    embedded = await embed(runtime, run.scope, collection, passages_of(batch.versions), batch.embedded)
    return EmbeddedBatch(collection, batch.versions, embedded)


def _points(versions: Sequence[ReadVersion], vectors: Vectors) -> list[IndexPoint]:
    return [
        index_point(item.document, chunk, vectors.get(chunk.passage_sha256))
        for item in versions
        for chunk in item.chunks
    ]


async def _switch(connection: AsyncConnection, runtime: Runtime, run: JobRun, batch: EmbeddedBatch) -> list[str]:
    """Publish what is still wanted; the versions that were given up meanwhile."""
    now = runtime.clock.now()
    sources = run.job.payload["sources"] if run.job.kind == MERGE and run.job.payload["delete_sources"] else {}
    touched = [*(item.document.id for item in batch.versions), *sources]
    answering = await version_store.lock_documents(connection, run.scope, touched)
    for item in batch.versions:
        if item.is_unchanged:
            await reindex_store.drop_pending(connection, run.scope, item.version.id)
    read = [item for item in batch.versions if not item.is_unchanged]
    problem = await find_changed(connection, run.scope, sources) if sources else None
    if problem is not None:
        replaced = {item.version.id: item.document.id for item in read}
        await store.set_unread(
            connection, run.scope, list(replaced), DocumentStatus.FAILED, problem_facts(problem), now
        )
        published = Published(replaced=replaced)
    else:
        readings = [Reading(item.document, item.version, _found(item, now)) for item in read]
        published = await publish_versions(connection, run.scope, readings, answering)
    outcomes = published.outcomes
    active = [item for item in read if outcomes.get(item.version.id) in _ACTIVE]
    await _keep_content(connection, run.scope, active)
    await _keep_vectors(connection, run, batch, active)
    for item in active if sources else ():
        await hide_sources(connection, run.scope, sources, item.document, now)
    relabelled = [item.document.id for item in active if outcomes[item.version.id] is Publication.RELABELLED]
    if relabelled:
        await announce(connection, runtime, run.scope, relabelled)
    if published.replaced:
        payload = {"collection_id": batch.collection.id, "versions": published.replaced}
        await outbox.publish(connection, run.scope, VERSIONS_REPLACED, payload, now)
    return [version_id for version_id, outcome in outcomes.items() if outcome is Publication.GIVEN_UP]


async def _keep_content(connection: AsyncConnection, scope: Scope, active: Sequence[ReadVersion]) -> None:
    texts = {item.version.id: item.parsed.text.encode() for item in active}
    rows = [{**asdict(chunk), "headings": list(chunk.headings)} for item in active for chunk in item.chunks]
    await chunk_store.write_content(connection, scope, texts, rows)
    for item in active:
        if item.signature is not None or item.document.near_duplicate_of is not None:
            await flag_near_duplicate(connection, scope, item.document, item.version.id, item.signature)


async def _keep_vectors(
    connection: AsyncConnection, run: JobRun, batch: EmbeddedBatch, published: Sequence[ReadVersion]
) -> None:
    said = {chunk.passage_sha256 for item in published for chunk in item.chunks}
    for made in batch.embedded:
        vectors = {passage: vector for passage, vector in made.vectors.items() if passage in said}
        await embedding_store.add_vectors(connection, run.scope, made.generation, vectors)
        await usage_store.add_usage(connection, run.scope, made.generation, made.model, made.usage, run.clock)


def _found(item: ReadVersion, now: datetime) -> dict[str, Any]:
    """The columns of a version that has been read."""
    text = item.parsed.text.encode()
    return {
        "type": item.document.type,
        "text_sha256": hashlib.sha256(text).hexdigest(),
        "n_bytes": len(text),
        "n_chars": len(item.parsed.text),
        "n_pages": len(item.parsed.pages) or None,
        "page_starts": [page.start_char for page in item.parsed.pages] or None,
        "page_labels": _labels(item.parsed.pages),
        "n_chunks": len(item.chunks),
        "signature": item.signature,
        "passage_title": item.document.title,
        "found_title": item.parsed.title,
        "found_metadata": dict(item.parsed.metadata),
        "published_at": now,
    }


def _labels(pages: Sequence[PageRange]) -> list[str] | None:
    labels = [page.label or "" for page in pages]
    return labels if any(labels) else None
