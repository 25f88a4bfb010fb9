"""Whether a version that was read again says anything new."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.documents import chunk_store, store
from ragstone.features.documents.document import Cause, Document, StoredChunk, Version
from ragstone.features.ingestion.batch import ReadVersion
from ragstone.kit.scope import Scope


async def is_unchanged(connection: AsyncConnection, scope: Scope, document: Document, item: ReadVersion) -> bool:
    """Whether a re-indexed version has the text, the chunks and the label of the one that answers.

    `document` is as it was before it was read.
    """
    if item.version.cause is not Cause.REINDEX or document.active_version_id is None:
        return False
    active = await store.find_version(connection, scope, document.active_version_id)
    if active is None or not _is_same_text(active, item) or not _is_same_label(document, item.document):
        return False
    chunks = await chunk_store.list_chunks(connection, scope, active.id, -1, len(item.chunks) + 1)
    return _nameless(chunks) == _nameless(item.chunks)


def _is_same_text(active: Version, item: ReadVersion) -> bool:
    parsed = item.parsed
    page_starts = tuple(page.start_char for page in parsed.pages) or None
    return (
        active.text_sha256 == hashlib.sha256(parsed.text.encode()).hexdigest()
        and active.page_starts == page_starts
        and active.found_title == parsed.title
        and _as_stored(active.found_metadata or {}) == _as_stored(parsed.metadata)
    )


def _is_same_label(before: Document, after: Document) -> bool:
    return (before.title, before.type, before.language) == (after.title, after.type, after.language)


def _as_stored(metadata: Mapping[str, object]) -> dict[str, object]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in metadata.items()}


def _nameless(chunks: Sequence[StoredChunk]) -> list[StoredChunk]:
    # A title a user has given since is in the passages of what was read now, and not worth embedding them again.
    return [replace(chunk, id="", version_id="", passage_sha256="") for chunk in chunks]
