"""What a user hands in."""

import hashlib
import json
import re
import unicodedata
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from ragstone.features.documents.document import Cause, Document, DocumentStatus, Version
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.filters import Scalar

_LONGEST_FILENAME: Final = 255
UNTITLED: Final = "Untitled"

TEXT_TYPES: Final = {"text": "text/plain", "markdown": "text/markdown", "html": "text/html"}
"""Media type of each `source_type` a text may be declared as."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a user says about a document beside its content."""

    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Scalar | list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextDraft:
    """A document that comes as text in the request."""

    text: str
    title: str | None = None
    external_id: str | None = None
    source_type: str = "text"
    label: Label = Label()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file that is being uploaded, with what opens it if it is encrypted."""

    filename: str
    content: AsyncIterable[bytes]
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Original:
    """The content as received: where it is, how large, its hash, and what it came as.

    `type` is declared, for a text, or told from the content. `n_parts` tells of how many others it was merged.
    `language` is the one its sender said it is in.
    """

    sha256: str
    size_bytes: int
    type: str | None = None
    blob_key: str | None = None
    filename: str | None = None
    n_parts: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """How a version came to be."""

    number: int
    cause: Cause
    job_id: str
    created_at: datetime


def safe_filename(name: str) -> str:
    """The last part of a path without control characters, in NFC, at most 255 characters long."""
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", unicodedata.normalize("NFC", last)).strip()
    return clean[-_LONGEST_FILENAME:] or "file"


def first_version(document: Document, original: Original, job_id: str, version_id: str | None = None) -> Version:
    """The version a new document begins with."""
    return pending_version(
        version_id or new_id("ver"),
        document,
        replace(original, filename=document.filename),
        Origin(1, Cause.UPLOAD, job_id, document.created_at),
    )


def pending_version(version_id: str, document: Document, original: Original, origin: Origin) -> Version:
    """A version that has still to be read."""
    return Version(
        id=version_id,
        tenant_id=document.tenant_id,
        document_id=document.id,
        number=origin.number,
        cause=origin.cause,
        job_id=origin.job_id,
        status=DocumentStatus.PENDING,
        type=original.type,
        filename=original.filename,
        blob_key=original.blob_key,
        n_parts=original.n_parts,
        size_bytes=original.size_bytes,
        source_sha256=original.sha256,
        text_sha256=None,
        n_bytes=None,
        n_chars=None,
        n_pages=None,
        page_starts=None,
        n_chunks=None,
        found_title=None,
        found_metadata=None,
        error=None,
        created_at=origin.created_at,
        published_at=None,
        language=original.language,
    )


def file_document(
    scope: Scope, collection_id: str, filename: str, size_bytes: int, label: Label, now: datetime
) -> Document:
    """The document of an uploaded file; its title is the file's name until its content has been read."""
    return Document(
        id=new_id("doc"),
        tenant_id=scope.tenant_id,
        collection_id=collection_id,
        external_id=None,
        title=PurePosixPath(filename).stem or filename,
        title_given=False,
        filename=filename,
        type=None,
        language=None,
        tags=label.tags,
        metadata=label.metadata,
        given_metadata=label.metadata,
        label_revision=0,
        size_bytes=size_bytes,
        status=DocumentStatus.PENDING,
        error=None,
        active_version_id=None,
        near_duplicate_of=None,
        created_at=now,
        updated_at=now,
    )


def record_sha256(draft: TextDraft) -> str:
    """The hash of everything a draft says: two drafts that say the same have the same."""
    label = draft.label
    said = [draft.text, draft.title, draft.source_type, draft.language, label.tags, label.metadata]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def text_document(scope: Scope, collection_id: str, draft: TextDraft, size_bytes: int, now: datetime) -> Document:
    """The document of a text."""
    return Document(
        id=new_id("doc"),
        tenant_id=scope.tenant_id,
        collection_id=collection_id,
        external_id=draft.external_id,
        title=draft.title or UNTITLED,
        title_given=draft.title is not None,
        filename=None,
        type=TEXT_TYPES[draft.source_type],
        language=None,
        tags=draft.label.tags,
        metadata=draft.label.metadata,
        given_metadata=draft.label.metadata,
        label_revision=0,
        size_bytes=size_bytes,
        status=DocumentStatus.PENDING,
        error=None,
        active_version_id=None,
        near_duplicate_of=None,
        created_at=now,
        updated_at=now,
        record_sha256=None if draft.external_id is None else record_sha256(draft),
    )
