"""Make what has been read and embedded visible: first in the index, then in one transaction in the store."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db import outbox
from ragstone.engine.parsing.document import PageRange
from ragstone.features.collections import generation_store
from ragstone.features.collections.read import get_collection
from ragstone.features.documents import chunk_store, embedding_store, store, usage_store, version_store
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.relabel import announce
from ragstone.features.documents.similar_store import flag_near_duplicate
from ragstone.features.documents.version_store import ActiveVersion, Publication
from ragstone.features.documents.versions import reindex_store
from ragstone.features.documents.versions.merge import MERGE
from ragstone.features.documents.versions.sources import find_changed, hide_sources
from ragstone.features.documents.versions.supersede import VERSIONS_REPLACED
from ragstone.features.ingestion.batch import EmbeddedBatch, ReadVersion, passages_of
from ragstone.features.ingestion.embed import embed
from ragstone.features.ingestion.points import index_point
from ragstone.features.ingestion.unindex import unindex
from ragstone.features.jobs.run import JobRun, problem_facts
from ragstone.kit.problem import Problem
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime


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
        points = [
            index_point(item.document, chunk, embedded.vectors.get(chunk.passage_sha256))
            for item in batch.versions
            for chunk in item.chunks
        ]
        await runtime.index.upsert(space, points)


async def _commit(runtime: Runtime, run: JobRun, batch: EmbeddedBatch, done: int, total: int) -> list[str]:
    """Make the versions active, all or none; those that were given up meanwhile. Raises `_GenerationsChanged`."""
    async with runtime.db.transaction() as connection:
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


@dataclass(slots=True)
class _Switch:
    """What became of the versions of one transaction; `replaced` names the document of each version that answers no
    more, or never will.
    """

    active: dict[str, ActiveVersion | None]
    sources: Mapping[str, str]
    replaced: dict[str, str] = field(default_factory=dict)
    relabelled: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    published: list[ReadVersion] = field(default_factory=list)


async def _switch(connection: AsyncConnection, runtime: Runtime, run: JobRun, batch: EmbeddedBatch) -> list[str]:
    """Publish what is still wanted; the versions that were given up meanwhile."""
    sources = run.job.payload["sources"] if run.job.kind == MERGE and run.job.payload["delete_sources"] else {}
    touched = [*(item.document.id for item in batch.versions), *sources]
    switch = _Switch(await version_store.lock_documents(connection, run.scope, touched), sources)
    for item in sorted(batch.versions, key=lambda item: item.version.number):
        if item.is_unchanged:
            await reindex_store.drop_pending(connection, run.scope, item.version.id)
        elif problem := await find_changed(connection, run.scope, sources):
            await _fail(connection, run, item.version.id, problem)
            switch.replaced[item.version.id] = item.document.id
        else:
            await _switch_one(connection, run, item, switch)
    await _keep_vectors(connection, run, batch, switch.published)
    if switch.relabelled:
        await announce(connection, runtime, run.scope, switch.relabelled)
    if switch.replaced:
        payload = {"collection_id": batch.collection.id, "versions": switch.replaced}
        await outbox.publish(connection, run.scope, VERSIONS_REPLACED, payload, run.clock.now())
    return switch.given_up


async def _switch_one(connection: AsyncConnection, run: JobRun, item: ReadVersion, switch: _Switch) -> None:
    former = switch.active.get(item.document.id)
    publication = await _publish_one(connection, run.scope, item, former, run.clock.now())
    if publication is Publication.GIVEN_UP:
        switch.given_up.append(item.version.id)
        return
    if publication is Publication.OVERTAKEN:
        switch.replaced[item.version.id] = item.document.id
        return
    switch.published.append(item)
    if publication is Publication.RELABELLED:
        switch.relabelled.append(item.document.id)
    if former is not None:
        switch.replaced[former.id] = item.document.id
    if switch.sources:
        await hide_sources(connection, run.scope, switch.sources, item.document, run.clock.now())
    switch.active[item.document.id] = ActiveVersion(item.version.id, item.version.number)


async def _fail(connection: AsyncConnection, run: JobRun, version_id: str, problem: Problem) -> None:
    error, now = problem_facts(problem), run.clock.now()
    await store.set_unread(connection, run.scope, [version_id], DocumentStatus.FAILED, error, now)


async def _keep_vectors(
    connection: AsyncConnection, run: JobRun, batch: EmbeddedBatch, published: Sequence[ReadVersion]
) -> None:
    said = {chunk.passage_sha256 for item in published for chunk in item.chunks}
    for made in batch.embedded:
        vectors = {passage: vector for passage, vector in made.vectors.items() if passage in said}
        await embedding_store.add_vectors(connection, run.scope, made.generation, vectors)
        await usage_store.add_usage(connection, run.scope, made.generation, made.model, made.usage, run.clock)


async def _publish_one(
    connection: AsyncConnection, scope: Scope, item: ReadVersion, active: ActiveVersion | None, now: datetime
) -> Publication:
    text = item.parsed.text.encode()
    facts: Mapping[str, Any] = {
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
    publication = await version_store.publish_version(connection, scope, item.document, item.version, active, facts)
    if publication in {Publication.GIVEN_UP, Publication.OVERTAKEN}:
        return publication
    rows = [{**asdict(chunk), "headings": list(chunk.headings)} for chunk in item.chunks]
    await chunk_store.write_content(connection, scope, item.version.id, text, rows)
    await flag_near_duplicate(connection, scope, item.document, item.version.id, item.signature)
    return publication


def _labels(pages: Sequence[PageRange]) -> list[str] | None:
    labels = [page.label or "" for page in pages]
    return labels if any(labels) else None
