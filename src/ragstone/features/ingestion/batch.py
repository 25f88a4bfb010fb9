"""Documents on their way through ingestion: read, then embedded, then published, some at a time."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ragstone.engine.chunking.chunk import Chunk
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.features.documents.document import Document, StoredChunk, Version
from ragstone.features.documents.store import label_of
from ragstone.ports.vectors import DenseVector

_NAMESPACE: Final = uuid.UUID("6f1f0f5e-6f0c-5b0a-9d0e-7261677374ff")


@dataclass(frozen=True, slots=True)
class Content:
    """What was found in a version's bytes."""

    type: str
    language: str
    parsed: ParsedDocument
    chunks: tuple[Chunk, ...]
    signature: bytes | None = None


@dataclass(frozen=True, slots=True)
class ReadVersion:
    """A version whose content has been parsed and cut. `vectors` fits `chunks`, once they have been embedded.

    One that `is_unchanged` says what the active one says already, and has no chunks of its own.
    """

    document: Document
    version: Version
    parsed: ParsedDocument
    chunks: tuple[StoredChunk, ...]
    signature: bytes | None = None
    vectors: tuple[DenseVector | None, ...] = ()
    is_unchanged: bool = False


def read_version(document: Document, version: Version, content: Content) -> ReadVersion:
    """Bring together what the content tells and what a user said; the user's word comes first."""
    parsed = content.parsed
    known = replace(
        document,
        type=content.type,
        filename=version.filename,
        language=content.language,
        size_bytes=version.size_bytes,
        **label_of(document, parsed.title, parsed.metadata),
    )
    labels = {page.number: page.label for page in parsed.pages}
    chunks = tuple(_stored(version, chunk, labels) for chunk in content.chunks)
    return ReadVersion(known, version, parsed, chunks, content.signature)


def _stored(version: Version, chunk: Chunk, labels: Mapping[int, str | None]) -> StoredChunk:
    return StoredChunk(
        # The same chunk gets the same id however often its version is read, so that reading again overwrites.
        id=str(uuid.uuid5(_NAMESPACE, f"{version.id}/{chunk.ordinal}")),
        version_id=version.id,
        document_id=version.document_id,
        ordinal=chunk.ordinal,
        start_byte=chunk.span.start_byte,
        end_byte=chunk.span.end_byte,
        start_char=chunk.span.start_char,
        end_char=chunk.span.end_char,
        page_start=chunk.page_start,
        page_end=chunk.page_end,
        page_label=None if chunk.page_start is None else labels.get(chunk.page_start),
        headings=chunk.headings,
        n_tokens=chunk.n_tokens,
        text=chunk.text,
    )
