"""The mapping from records to documents."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ragstone.engine.records.record import FieldInvalid, MappingInvalid, Record, as_text, field_value
from ragstone.engine.records.template import Place, Template, parse_place, parse_template
from ragstone.engine.records.types import TYPES, Value, typed

MAX_TITLE_CHARS: Final = 1000
MAX_TAG_CHARS: Final = 100
MAX_KEY_CHARS: Final = 500


@dataclass(frozen=True, slots=True)
class MetadataField:
    """A field that becomes metadata: under which key, from which place, as which type (None: as it is)."""

    key: str
    place: Place
    type: str | None


@dataclass(frozen=True, slots=True)
class RecordMapping:
    """What becomes of a record. Several fields of `external_id` are joined by slashes; none means there is no id."""

    text: Template
    title: Template | None = None
    external_id: tuple[Place, ...] = ()
    metadata: tuple[MetadataField, ...] = ()
    tags: tuple[Template, ...] = ()
    language: Template | None = None


@dataclass(frozen=True, slots=True)
class MappedRecord:
    """A document in the words of a record."""

    text: str
    title: str | None
    external_id: str | None
    metadata: dict[str, Value]
    tags: tuple[str, ...]
    language: str | None


def apply_mapping(mapping: RecordMapping, record: Record) -> MappedRecord:
    """The document a record stands for. Empty fields become no metadata, and empty tags and titles are left out.

    Raises `FieldInvalid`.
    """
    text = mapping.text.render(record)
    if not text.strip():
        raise FieldInvalid("text", "the document would have no text")
    return MappedRecord(
        text=text,
        title=_short("title", mapping.title, record, MAX_TITLE_CHARS),
        external_id=_external_id(mapping.external_id, record) if mapping.external_id else None,
        metadata={field.key: value for field in mapping.metadata if (value := _metadata(field, record)) is not None},
        tags=_tags(mapping.tags, record) if mapping.tags else (),
        language=_language(mapping.language, record),
    )


def parse_metadata_field(source: str, key: str | None = None) -> MetadataField:
    """`name`, `name:type`, either with `?` behind it if it may be missing; the key is the name unless given.

    Raises `MappingInvalid`.
    """
    whole = parse_place(source)
    name, colon, type_ = whole.name.rpartition(":")
    if not colon or not name or type_ not in TYPES:
        name, type_ = whole.name, ""
    place = Place(name.strip(), whole.is_optional)
    return MetadataField(key or place.name, place, type_ or None)


def parse_mapping(
    text: str,
    title: str | None = None,
    external_id: Iterable[str] = (),
    metadata: Iterable[MetadataField] = (),
    tags: Iterable[str] = (),
    language: str | None = None,
) -> RecordMapping:
    """A mapping from templates as people write them. Raises `MappingInvalid`."""
    template = parse_template(text)
    if not template.parts:
        raise MappingInvalid("the template of the text is empty")
    return RecordMapping(
        text=template,
        title=parse_template(title) if title else None,
        external_id=tuple(parse_place(source) for source in external_id),
        metadata=tuple(metadata),
        tags=tuple(parse_template(source) for source in tags),
        language=parse_template(language) if language else None,
    )


def _short(what: str, template: Template | None, record: Record, max_chars: int) -> str | None:
    if template is None:
        return None
    text = template.render(record).strip()
    if len(text) > max_chars:
        raise FieldInvalid(what, f"longer than {max_chars} characters")
    return text or None


def _external_id(places: tuple[Place, ...], record: Record) -> str:
    parts = [as_text(place.name, field_value(record, place.name, is_optional=place.is_optional)) for place in places]
    if not any(parts):
        raise FieldInvalid(places[0].name, "empty, but it is the record's identifier")
    # Slashes within the parts are written otherwise, so that no two records meet under one identifier.
    whole = parts[0] if len(parts) == 1 else "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)
    if len(whole) > MAX_KEY_CHARS:
        raise FieldInvalid(places[0].name, f"an identifier longer than {MAX_KEY_CHARS} characters")
    return whole


def _metadata(field: MetadataField, record: Record) -> Value | None:
    value = field_value(record, field.place.name, is_optional=field.place.is_optional)
    return None if value is None else typed(field.place.name, value, field.type)


def _tags(templates: tuple[Template, ...], record: Record) -> tuple[str, ...]:
    tags = (_short("tags", template, record, MAX_TAG_CHARS) for template in templates)
    return tuple(dict.fromkeys(tag for tag in tags if tag is not None))


def _language(template: Template | None, record: Record) -> str | None:
    language = _short("language", template, record, 3)
    if language is not None and not (language.isascii() and language.isalpha() and language.islower()):
        raise FieldInvalid("language", "not a code of ISO 639")
    return language
