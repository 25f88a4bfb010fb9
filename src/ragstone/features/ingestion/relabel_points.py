"""Make the index follow changed labels: the same points with other fields, from the rows of the store."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

from ragstone.db.outbox import Event
from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.collections.store import list_collections
from ragstone.features.documents import label_store
from ragstone.features.documents.label_store import Labelled
from ragstone.features.ingestion.reindex_points import write_points
from ragstone.kit.scope import Scope
from ragstone.ports.filters import Condition, Op
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexSpace

WriteChunks = Callable[[IndexSpace, Sequence[str]], Awaitable[None]]
"""Writes the points of chunks, given by their ids, into a space."""

_BATCH: Final = 500


async def on_documents_relabelled(runtime: Runtime, event: Event) -> None:
    """Write the points of the documents' active versions again. Harmless when repeated.

    What a generation is kept of for going back is not written: going back writes all of it.
    """
    scope = Scope(event.tenant_id, event.id, ALL_PERMISSIONS)
    document_ids = [str(document_id) for document_id in event.payload["document_ids"]]
    async with runtime.db.read(scope) as connection:
        spaces = {item.id: item.written_spaces for item in await list_collections(connection, scope)}
    await settle(runtime, scope, document_ids, spaces, partial(write_points, runtime))


async def settle(
    runtime: Runtime,
    scope: Scope,
    document_ids: Sequence[str],
    spaces: Mapping[str, Sequence[IndexSpace]],
    write: WriteChunks,
) -> int:
    """Write all points of the documents' active versions into the spaces of their collections; how many chunks.

    A document may be relabelled, read anew or deleted between our reading of its rows and our writing of its points; so
    its rows are looked at again afterwards, and what should not have been written is mended.
    """
    written = 0
    waiting = await _labelled(runtime, scope, document_ids)
    while waiting:
        written += await _write(runtime, scope, spaces, waiting, write)
        after = await _labelled(runtime, scope, list(waiting))
        superseded = [
            before.version_id
            for document_id, before in waiting.items()
            if before.version_id and document_id in after and after[document_id].version_id != before.version_id
        ]
        await _remove(runtime, spaces, "version_id", superseded)
        waiting = {document_id: now for document_id, now in after.items() if now != waiting[document_id]}
    there = await _labelled(runtime, scope, document_ids)
    await _remove(runtime, spaces, "document_id", [item for item in document_ids if item not in there])
    return written


async def _labelled(runtime: Runtime, scope: Scope, document_ids: Sequence[str]) -> dict[str, Labelled]:
    async with runtime.db.read(scope) as connection:
        return await label_store.list_labelled(connection, scope, document_ids)


async def _write(
    runtime: Runtime,
    scope: Scope,
    spaces: Mapping[str, Sequence[IndexSpace]],
    labelled: dict[str, Labelled],
    write: WriteChunks,
) -> int:
    written = 0
    for collection_id in sorted({item.collection_id for item in labelled.values()} & set(spaces)):
        mine = [document_id for document_id, item in labelled.items() if item.collection_id == collection_id]
        after = ""
        while True:
            async with runtime.db.read(scope) as connection:
                chunk_ids = await label_store.list_active_chunks(connection, scope, mine, after, _BATCH)
            if not chunk_ids:
                break
            for space in spaces[collection_id]:
                await write(space, chunk_ids)
            written += len(chunk_ids)
            after = chunk_ids[-1]
    return written


async def _remove(
    runtime: Runtime, spaces: Mapping[str, Sequence[IndexSpace]], field: str, values: Sequence[str]
) -> None:
    if values:
        for space in {space for some in spaces.values() for space in some}:
            await runtime.index.delete(space, Condition(field, Op.IN, tuple(values)))
