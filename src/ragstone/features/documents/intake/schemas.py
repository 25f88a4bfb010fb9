"""Documents on the wire, on their way in."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ragstone.features.documents.intake.draft import Label, TextDraft
from ragstone.features.documents.schemas import DocumentView, VersionView
from ragstone.features.jobs.schemas import JobView

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


class IngestReceipt(BaseModel):
    """What was accepted, and the job that will read it. A record stream lists no documents."""

    documents: list[DocumentView]
    job: JobView
