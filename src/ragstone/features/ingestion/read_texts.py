"""Short texts that came in a request, read many at once and in this process.

A record of a few words costs a fraction of what it takes to hand it to the parser process and back. Reading plain text
is finding its lines, and nothing that came in as text can make that misbehave; every other format is parsed apart.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits
from ragstone.engine.parsing.plain import parse_plain
from ragstone.engine.parsing.problems import DocumentEmpty
from ragstone.features.collections.collection import Collection
from ragstone.features.documents import store
from ragstone.features.documents.document import Cause, Document, Version
from ragstone.features.ingestion.batch import ReadVersion
from ragstone.features.ingestion.read import understand
from ragstone.kit.problem import Problem
from ragstone.kit.scope import Scope
from ragstone.ports.embedder import Embedder
from ragstone.ports.runtime import Runtime

PLAIN: Final = "text/plain"
_MOST_BYTES: Final = 64 * 1024


async def read_texts(
    runtime: Runtime, scope: Scope, collection: Collection, pending: Sequence[tuple[Document, Version]]
) -> dict[str, ReadVersion | Problem]:
    """What became of those versions that are short texts, by version id; the others are not in it."""
    short = {version.id: (document, version) for document, version in pending if _is_short_text(version)}
    if not short:
        return {}
    async with runtime.db.read(scope) as connection:
        sources = await store.list_sources(connection, scope, list(short))
    settings = runtime.settings.ingestion
    limits = ParseLimits(max_pages=settings.max_pages, max_chars=settings.max_chars)
    embedder = runtime.embedders.find(collection.generation)
    return await asyncio.to_thread(_read_all, embedder, collection, limits, short, sources)


def _is_short_text(version: Version) -> bool:
    is_text = version.type == PLAIN and version.blob_key is None and version.n_parts is None
    return is_text and version.cause is not Cause.REINDEX and version.size_bytes <= _MOST_BYTES


def _read_all(
    embedder: Embedder | None,
    collection: Collection,
    limits: ParseLimits,
    short: Mapping[str, tuple[Document, Version]],
    sources: Mapping[str, bytes],
) -> dict[str, ReadVersion | Problem]:
    read: dict[str, ReadVersion | Problem] = {}
    for version_id, content in sources.items():
        document, version = short[version_id]
        try:
            parsed = _parse(content, limits)
        except Problem as problem:
            read[version_id] = problem
        else:
            read[version_id] = understand(embedder, collection, document, version, parsed, PLAIN)
    return read


def _parse(content: bytes, limits: ParseLimits) -> ParsedDocument:
    parsed = parse_plain(content)
    limits.check(n_chars=len(parsed.text))
    if not parsed.blocks:
        raise DocumentEmpty(media_type=PLAIN)
    return parsed
