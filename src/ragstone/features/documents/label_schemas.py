"""Changes of labels, and calls on many documents, on the wire."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from ragstone.features.documents.intake.schemas import MetadataKey, MetadataValue, Tag
from ragstone.features.documents.relabel import LabelChange
from ragstone.features.documents.schemas import DocumentView

_MOST: int = 1000

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
DocumentId = Annotated[str, StringConstraints(min_length=1, max_length=40)]
DocumentIds = Annotated[list[DocumentId], Field(min_length=1, max_length=_MOST)]


class _LabelFields(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tags: list[Tag] | None = Field(None, max_length=100, description="All tags from now on.")
    add_tags: list[Tag] = Field(default_factory=list, max_length=100)
    remove_tags: list[Tag] = Field(default_factory=list, max_length=100)
    metadata: dict[MetadataKey, MetadataValue | None] | None = Field(
        None, max_length=100, description="Merged over what is there; null takes a key away."
    )

    def _change(self, title: str | None = None) -> LabelChange:
        tags = None if self.tags is None else tuple(self.tags)
        return LabelChange(title, tags, tuple(self.add_tags), tuple(self.remove_tags), self.metadata)


class DocumentPatch(_LabelFields):
    """What is to change of a document; nothing is embedded again. Fields left out stay as they are."""

    title: Title | None = Field(None, description="Null brings back the title found in the content.")

    def change(self) -> LabelChange:
        """As the use case takes it."""
        return self._change((self.title or "") if "title" in self.model_fields_set else None)


class BulkUpdate(_LabelFields):
    """The same change for many documents: all of them, or none."""

    document_ids: DocumentIds

    @field_validator("document_ids")
    @classmethod
    def _each_once(cls, document_ids: list[str]) -> list[str]:
        return list(dict.fromkeys(document_ids))

    @model_validator(mode="after")
    def _changes_something(self) -> "BulkUpdate":
        if not {"tags", "metadata", "add_tags", "remove_tags"} & self.model_fields_set:
            raise ValueError("nothing to change: give tags, add_tags, remove_tags or metadata")
        return self

    def change(self) -> LabelChange:
        """As the use case takes it."""
        return self._change()


class BulkDelete(BaseModel):
    """Documents to delete: all of them, or none."""

    model_config = ConfigDict(extra="forbid")

    document_ids: DocumentIds


class BulkItem(BaseModel):
    """What became of one document."""

    document_id: str
    status: Literal["updated", "deleted"]
    document: DocumentView | None = Field(None, description="As it is now, where it was updated.")


class BulkReport(BaseModel):
    """What became of each document. A call that cannot do all of them does none, and names those in the way."""

    items: list[BulkItem]
    total: int
