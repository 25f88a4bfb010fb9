"""Documents on their way through ingestion: read, then embedded, then published, some at a time."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ragstone.engine.chunking.chunk import Chunk
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.features.collections.collection import Collection
from ragstone.features.documents.document import Document, StoredChunk, Version
from ragstone.features.documents.passage import Passage, passage_sha256
from ragstone.features.documents.store import label_of
from ragstone.features.ingestion.embed import Embedded
from ragstone.ports.embedder import PassageRejected

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
    """A version whose content has been parsed and cut.

    One that `is_unchanged` says what the active one says already, and has no chunks of its own.
    """

    document: Document
    version: Version
    parsed: ParsedDocument
    chunks: tuple[StoredChunk, ...]
    signature: bytes | None = None
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class EmbeddedBatch:
    """Versions of one collection with the vectors of what they say, one after another for each space they go to."""

    collection: Collection
    versions: tuple[ReadVersion, ...]
    embedded: tuple[Embedded, ...]


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
    chunks = tuple(_stored(known, version, chunk, labels) for chunk in content.chunks)
    return ReadVersion(known, version, parsed, chunks, content.signature)


def passages_of(versions: Iterable[ReadVersion]) -> dict[str, Passage]:
    """What an embedding model reads of the versions, by SHA-256, equal passages once."""
    return {
        chunk.passage_sha256: Passage(chunk.passage_sha256, item.document.title, chunk.text)
        for item in versions
        for chunk in item.chunks
    }


def split_rejected(
    collection: Collection, versions: Iterable[ReadVersion], embedded: tuple[Embedded, ...]
) -> tuple[EmbeddedBatch, list[tuple[Version, PassageRejected]]]:
    """What can be published, and the versions with a chunk the model will not take, named by its ordinal.

    A model the collection is only moving to refuses no document; what it will not take is found there by its words.
    """
    refused = embedded[0].rejected
    accepted: list[ReadVersion] = []
    rejected: list[tuple[Version, PassageRejected]] = []
    for item in versions:
        passages = {chunk.ordinal: chunk.passage_sha256 for chunk in item.chunks}
        reasons = {ordinal: refused[passage] for ordinal, passage in passages.items() if passage in refused}
        if reasons:
            rejected.append((item.version, PassageRejected(reasons)))
        else:
            accepted.append(item)
    return EmbeddedBatch(collection, tuple(accepted), embedded), rejected


def _stored(document: Document, version: Version, chunk: Chunk, labels: Mapping[int, str | None]) -> StoredChunk:
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
        passage_sha256=passage_sha256(document.title, chunk.text),
    )
