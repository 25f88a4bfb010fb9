"""Originals through the sandboxed parser: the one a version was made of, or the several of a merged one."""

import asyncio
from dataclasses import replace
from typing import Final

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.join import join
from ragstone.engine.parsing.limits import ParseLimits
from ragstone.features.documents.document import Version
from ragstone.features.documents.password_store import find_password
from ragstone.features.documents.read import iter_original
from ragstone.features.documents.versions.part_store import Part, find_part_text, list_parts
from ragstone.features.ingestion.sandbox.process import ParserProcess
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

_MERGED_TYPE: Final = "text/plain"


async def parse_original(
    runtime: Runtime, parser: ParserProcess, scope: Scope, version: Version
) -> tuple[ParsedDocument, str]:
    """The document and its media type. Raises what a parser raises, `BlobStoreUnavailable`, `BlobNotFound`."""
    content = b"".join([piece async for piece in iter_original(runtime.db, runtime.blobs, scope, version)])
    # A text is what it was declared to be. A file is told anew: what is known of types today may be more than it was.
    is_file = version.blob_key is not None
    declared = None if is_file else version.type
    # A stream of records, which have no passwords, must not pay for asking.
    password = await find_password(runtime.db, scope, runtime.pepper, version) if is_file else None
    return await parser.parse(content, declared, version.filename, password)


async def parse_parts(
    runtime: Runtime, parser: ParserProcess, scope: Scope, version: Version
) -> tuple[ParsedDocument, str]:
    """As `parse_original`, of a merged version. Raises also `DocumentTooLarge` for what is too large as a whole."""
    async with runtime.db.read(scope) as connection:
        parts = await list_parts(connection, scope, version)
    parsed = [(part.headings, await _parse_part(runtime, parser, scope, version, part)) for part in parts]
    settings = runtime.settings.ingestion
    limits = ParseLimits(max_pages=settings.max_pages, max_chars=settings.max_chars)
    return await asyncio.to_thread(join, parsed, limits), _MERGED_TYPE


async def _parse_part(
    runtime: Runtime, parser: ParserProcess, scope: Scope, version: Version, part: Part
) -> ParsedDocument:
    if part.blob_key is None:
        async with runtime.db.read(scope) as connection:
            content = await find_part_text(connection, scope, part) or b""
        parsed, _ = await parser.parse(content, part.type, part.filename)
        return parsed
    content = b"".join([piece async for piece in runtime.blobs.read(part.blob_key)])
    opened_as = replace(version, source_sha256=part.source_sha256)
    password = await find_password(runtime.db, scope, runtime.pepper, opened_as)
    parsed, _ = await parser.parse(content, None, part.filename, password)
    return parsed
