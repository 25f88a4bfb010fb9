"""Documents on the wire, on their way in."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ragstone.features.documents.intake.draft import Label, TextDraft
from ragstone.features.documents.schemas import DocumentView, VersionView
from ragstone.features.jobs.schemas import AskedPriority, JobView

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
MetadataKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$")]
MetadataText = Annotated[str, StringConstraints(max_length=10_000)]
MetadataNumber = Annotated[float, Field(allow_inf_nan=False)]
MetadataValue = bool | int | MetadataNumber | MetadataText | list[MetadataText]


class LabelFields(BaseModel):
    """What a user says about a document beside its content."""

    model_config = ConfigDict(extra="forbid")

    tags: list[Tag] = Field(default_factory=list, max_length=100)
    metadata: dict[MetadataKey, MetadataValue] = Field(default_factory=dict, max_length=100)

    def label(self) -> Label:
        """As the use case takes it."""
        return Label(tuple(dict.fromkeys(self.tags)), dict(self.metadata))


class DocumentCreate(LabelFields):
    """A document that comes as text."""

    text: str = Field(min_length=1)
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)] | None = None
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = Field(
        None, description="The document's identifier in the system it comes from."
    )
    source_type: Literal["text", "markdown", "html"] = "text"

    def draft(self) -> TextDraft:
        """As the use case takes it."""
        return TextDraft(self.text, self.title, self.external_id, self.source_type, self.label())


class IngestMany(BaseModel):
    """Documents that come as text in one request."""

    model_config = ConfigDict(extra="forbid")

    collection_id: str | None = Field(None, description="Unset means the collection named `default`.")
    documents: list[DocumentCreate] = Field(min_length=1, max_length=10_000)


class IngestOne(DocumentCreate):
    """One document, unwrapped."""

    collection_id: str | None = None


class ContentUpdate(BaseModel):
    """New content for a document that comes as text."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1)
    source_type: Literal["text", "markdown", "html"] = "text"


class ContentReceipt(BaseModel):
    """The version that holds the content. Content the document has already makes no new one, and needs no job."""

    document: DocumentView
    version: VersionView
    unchanged: bool = Field(description="Whether the document says this already, or is about to.")
    job: JobView | None


class IngestParameters(BaseModel):
    """How a stream of records is to be taken."""

    model_config = ConfigDict(extra="forbid")

    collection_id: str | None = Field(None, description="Unset means the collection named `default`.")
    mapping: str | None = Field(
        None,
        max_length=100_000,
        description="How records become documents: a `RecordMappingSpec` as JSON. Unset means the collection's; `none` "
        "means that each record is a `DocumentCreate`.",
    )
    on_error: Literal["stop", "skip"] = Field(
        "stop", description="Whether an invalid record ends the stream, or is left out and reported."
    )
    priority: AskedPriority | None = Field(
        None, description="How urgent the reading is; unset means `low` for a stream and `normal` for anything else."
    )


class ReceiptCounts(BaseModel):
    """What became of what was sent. A record that was sent twice counts once as unchanged."""

    created: int = Field(description="New documents.")
    updated: int = Field(description="New versions of documents that were there under their external id.")
    unchanged: int = Field(description="Documents that say what they said already.")
    linked: int = Field(description="Contents the collection has already, in a collection that links them.")
    skipped: int = Field(description="Records left out because they are invalid.")


class SkippedRecord(BaseModel):
    """A record that was left out, and why."""

    line: int
    field: str
    reason: str


class IngestReceipt(BaseModel):
    """What was accepted, and the job that will read it. A record stream lists no documents."""

    documents: list[DocumentView]
    job: JobView
    counts: ReceiptCounts
    errors: list[SkippedRecord] = Field(description="The first hundred of the records that were skipped.")
