"""A record as it comes: names to plain values. What can be wrong with one of its fields."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Record: TypeAlias = Mapping[str, Any]
"""One JSON object, or one row of a table under the names of its header; values as JSON has them."""

MAX_TEXT_CHARS: Final = 10_000
"""The longest text that one field of metadata may hold."""


class FieldInvalid(ValueError):
    """A field of a record is missing, or holds what the mapping has no use for."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


class MappingInvalid(ValueError):
    """A mapping that cannot be understood, whatever the records are."""


def field_value(record: Record, name: str, *, is_optional: bool) -> Any:
    """What stands in a field; None for an empty one. Raises `FieldInvalid` for one that is missing but must be there.

    A name is a key and nothing else: no path, no attribute, no index.
    """
    value = record.get(name)
    if value is None and not is_optional and name not in record:
        raise FieldInvalid(name, "the record has no such field")
    return None if value == "" else value


def as_text(name: str, value: Any) -> str:
    """A plain value as text, numbers as JSON writes them. Raises `FieldInvalid` for lists and objects."""
    if isinstance(value, str):
        if "\0" in value:
            raise FieldInvalid(name, "contains a NUL character")
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    raise FieldInvalid(name, "not a plain value")
