"""The mapping from records to documents, on the wire and as a collection keeps it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ragstone.engine.records.mapping import MetadataField, RecordMapping, parse_mapping, parse_metadata_field
from ragstone.engine.records.record import MappingInvalid

FieldSpec = Annotated[str, StringConstraints(min_length=1, max_length=500)]
TemplateText = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
MetadataKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$")]


class _Keys(BaseModel):
    keys: list[MetadataKey] = Field(max_length=100)


class RecordMappingSpec(BaseModel):
    """What becomes of a record: templates with `{field}`, and names of fields.

    A field that may be missing is written with a question mark behind it: `{note?}`, `"note?"`, `"amount:float?"`.
    """

    model_config = ConfigDict(extra="forbid")

    text: TemplateText = Field(description="Template of the document's text.")
    title: TemplateText | None = Field(None, description="Template of its title.")
    external_id: FieldSpec | Annotated[list[FieldSpec], Field(min_length=1, max_length=10)] | None = Field(
        None,
        description="Field, or fields, that identify the record. With it, sending a record again changes nothing, or "
        "makes a new version of its document.",
    )
    metadata: dict[MetadataKey, FieldSpec] | list[FieldSpec] = Field(
        default_factory=list,
        max_length=100,
        description="Fields kept as metadata, as `field` or `field:type`; types are str, int, float, bool and date. An "
        "object gives them other names.",
    )
    tags: list[TemplateText] = Field(default_factory=list, max_length=100, description="Templates of tags.")
    language: TemplateText | None = Field(None, description="ISO 639 code, or a template of it.")

    @model_validator(mode="after")
    def _can_be_understood(self) -> "RecordMappingSpec":
        self.value()
        return self

    def value(self) -> RecordMapping:
        """As records are mapped by it. Raises `MappingInvalid`, a `ValueError`."""
        keys = [self.external_id] if isinstance(self.external_id, str) else self.external_id or ()
        return parse_mapping(self.text, self.title, keys, self._metadata(), self.tags, self.language)

    def _metadata(self) -> list[MetadataField]:
        if isinstance(self.metadata, dict):
            return [parse_metadata_field(source, key) for key, source in self.metadata.items()]
        fields = [parse_metadata_field(source) for source in self.metadata]
        keys = [field.key for field in fields]
        _Keys(keys=keys)
        if len(set(keys)) < len(keys):
            raise MappingInvalid("two fields of the metadata have the same name")
        return fields


def stored(spec: RecordMappingSpec | None) -> dict[str, Any] | None:
    """A mapping as a collection's row keeps it."""
    return None if spec is None else spec.model_dump(exclude_defaults=True)
