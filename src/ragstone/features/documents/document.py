"""Documents, versions and chunks as values, and what can be wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from ragstone.kit.problem import Kind, Problem


class DocumentStatus(StrEnum):
    """Whether a document, or one version of it, can be found and cited.

    `SUPERSEDED` is a state of versions alone: a newer one has taken its place.
    """

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class Cause(StrEnum):
    """Why a version was made."""

    UPLOAD = "upload"
    UPDATE = "update"
    REINDEX = "reindex"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Document:
    """One row of the document table. While its first version is being read, there is no active one.

    A title that was not given by a user is replaced by the one found in the content. `metadata` is what was found there
    below `given_metadata`, what a user said. `label_revision` counts the changes of title, tags and metadata.
    `near_duplicate_of` is an older document of the collection whose text is almost the same.
    `record_sha256` is the hash of the record that the newest version was made from, where that has an external id.
    """

    id: str
    tenant_id: str
    collection_id: str
    external_id: str | None
    title: str
    title_given: bool
    filename: str | None
    type: str | None
    language: str | None
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]
    given_metadata: Mapping[str, Any]
    label_revision: int
    size_bytes: int
    status: DocumentStatus
    error: Mapping[str, Any] | None
    active_version_id: str | None
    near_duplicate_of: str | None
    created_at: datetime
    updated_at: datetime
    record_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One row of the version table: one state of a document's content. It never changes once published.

    `page_starts` are the code points of the canonical text at which its pages begin, where it has pages; `page_labels`
    what the document calls them (empty for a page it does not name), where that is not their number.
    `found_metadata` is what the content says of itself. `n_parts` tells of how many originals it was merged. `language`
    is the one its sender said it is in; where it is None, it is told from the text.
    """

    id: str
    tenant_id: str
    document_id: str
    number: int
    cause: Cause
    job_id: str
    status: DocumentStatus
    type: str | None
    filename: str | None
    blob_key: str | None
    n_parts: int | None
    size_bytes: int
    source_sha256: str
    text_sha256: str | None
    n_bytes: int | None
    n_chars: int | None
    n_pages: int | None
    page_starts: tuple[int, ...] | None
    n_chunks: int | None
    found_title: str | None
    found_metadata: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    created_at: datetime
    published_at: datetime | None
    page_labels: tuple[str, ...] | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """One row of the chunk table. `page_label` is what the document calls `page_start`.

    `passage_sha256` names what an embedding model reads of it.
    """

    id: str
    version_id: str
    document_id: str
    ordinal: int
    start_byte: int
    end_byte: int
    start_char: int
    end_char: int
    page_start: int | None
    page_end: int | None
    headings: tuple[str, ...]
    n_tokens: int
    text: str
    passage_sha256: str
    page_label: str | None = None


@dataclass(frozen=True, slots=True)
class FoundChunk:
    """A chunk of an active version, with what a hit shows of its document."""

    chunk: StoredChunk
    collection_id: str
    document_title: str
    language: str | None
    metadata: Mapping[str, Any]
    version: int
    version_sha256: str


class DocumentNotFound(Problem):
    """There is no such document in this tenant."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "document_not_found"


class DocumentNotReady(Problem):
    """The document has no published version yet."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "document_not_ready"


class VersionNotFound(Problem):
    """The document has no version of this number, or no longer."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "version_not_found"


class RangeInvalid(Problem):
    """The byte range is not within the text, or cuts a character in two."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "range_invalid"


class UploadTooLarge(Problem):
    """A file is larger than the server accepts."""

    kind: ClassVar[Kind] = Kind.TOO_LARGE
    code: ClassVar[str] = "upload_too_large"


class UploadEmpty(Problem):
    """The request carries no file."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "upload_empty"


class RecordInvalid(Problem):
    """One line of a record stream cannot be read. Of what stands before it, only records with an external id stay."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "record_invalid"
