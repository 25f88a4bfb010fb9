"""Documents on the wire."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from ragstone.features.documents.document import Cause, Document, DocumentStatus, Version
from ragstone.features.documents.list import DocumentQuery, Sort
from ragstone.features.documents.version_store import VersionState
from ragstone.features.jobs.schemas import JobError
from ragstone.kit.problem_json import stored_problem

METADATA_PREFIX: Final = "metadata."
_METADATA_KEY: Final = re.compile(r'[^"\\\x00-\x1f]{1,200}')  # A path in JSON needs no escapes then.


_NEW: Final = VersionState(active=None, pending=1)
_MADE_HERE: Final = {"error", "tags", "version", "pending_version"}


class DocumentView(BaseModel):
    """A document and the state of its content."""

    id: str
    collection_id: str
    external_id: str | None
    title: str
    filename: str | None
    type: str | None = Field(description="Media type, as told from the content.")
    language: str | None
    tags: list[str]
    metadata: dict[str, Any]
    size_bytes: int
    near_duplicate_of: str | None = Field(
        description="An older document of the collection with almost the same text, if there is one."
    )
    status: DocumentStatus
    error: JobError | None = Field(
        description="Why the newest content could not be read. A document that was ready before still is."
    )
    version: int | None = Field(description="The version that answers.")
    pending_version: int | None = Field(description="The newest version that has still to be read.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, document: Document, locale: str, state: VersionState = _NEW) -> "DocumentView":
        """A document as its tenant sees it; unless told otherwise, a new one."""
        values = {name: getattr(document, name) for name in cls.model_fields if name not in _MADE_HERE}
        return cls(
            **values,
            tags=list(document.tags),
            error=_error(document.error, locale),
            version=state.active,
            pending_version=state.pending,
        )


def _error(error: Mapping[str, Any] | None, locale: str) -> JobError | None:
    told = stored_problem(error, locale)
    return JobError(**told) if told else None


class DocumentParameters(BaseModel):
    """How `GET /documents` is asked. `metadata.<key>=value` may be given for any key."""

    model_config = ConfigDict(extra="allow")

    collection_id: str | None = None
    status: DocumentStatus | None = None
    type: str | None = None
    tag: str | None = None
    filename: str | None = None
    external_id: str | None = None
    near_duplicate: bool | None = Field(None, description="Only those that nearly repeat an older one, or only others.")
    created_from: AwareDatetime | None = None
    created_to: AwareDatetime | None = None
    size_from: int | None = Field(None, ge=0, description="Smallest size in bytes.")
    size_to: int | None = Field(None, ge=0, description="Sizes below this, in bytes.")
    sort: Sort = Sort.CREATED_DOWN
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = None
    offset: int | None = Field(None, ge=0, description="Page by number: also `total` and `links` are answered.")

    @model_validator(mode="after")
    def _only_metadata_is_open(self) -> "DocumentParameters":
        for name in self.__pydantic_extra__ or {}:
            if not name.startswith(METADATA_PREFIX):
                raise ValueError(f"unknown parameter {name}")
            if not _METADATA_KEY.fullmatch(name.removeprefix(METADATA_PREFIX)):
                raise ValueError(f"{name} names no metadata")
        return self

    def query(self) -> DocumentQuery:
        """As the use case takes it."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        extra = self.__pydantic_extra__ or {}
        metadata = {name.removeprefix(METADATA_PREFIX): str(value) for name, value in extra.items()}
        return DocumentQuery(**named, metadata=metadata)


class DocumentPage(BaseModel):
    """Some documents. `total` and `links` are there when the page was asked for by `offset`."""

    items: list[DocumentView]
    next_cursor: str | None
    total: int | None = None
    links: dict[str, str] | None = None


class ChunkView(BaseModel):
    """A chunk with its span in the canonical text."""

    id: str
    document_id: str
    version_id: str
    ordinal: int
    start_byte: int
    end_byte: int
    start_char: int
    end_char: int
    page_start: int | None
    page_end: int | None
    page_label: str | None = Field(description="What the document calls the first page, where not by its number.")
    headings: list[str]
    n_tokens: int
    text: str


class ChunkPage(BaseModel):
    """Some chunks of a document, in order."""

    items: list[ChunkView]
    next_cursor: str | None


class VersionView(BaseModel):
    """One state of a document's content."""

    id: str
    number: int
    status: DocumentStatus = Field(description="`ready` answers; `superseded` did, and can still be cited.")
    cause: Cause = Field(description="Why it was made.")
    error: JobError | None = Field(description="Why it could not be read.")
    type: str | None
    filename: str | None
    size_bytes: int
    source_sha256: str = Field(description="Hash of the content as received.")
    text_sha256: str | None = Field(description="Hash of the canonical text, which citations point into.")
    n_chars: int | None
    n_bytes: int | None
    n_pages: int | None
    n_chunks: int | None
    created_at: datetime
    published_at: datetime | None

    @classmethod
    def of(cls, version: Version, locale: str) -> "VersionView":
        """A version as its tenant sees it."""
        values = {name: getattr(version, name) for name in cls.model_fields if name != "error"}
        return cls(**values, error=_error(version.error, locale))


class VersionList(BaseModel):
    """A document's versions, oldest first."""

    items: list[VersionView]
