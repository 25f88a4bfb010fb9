"""No body takes a field that nobody reads."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from ragstone.entry.http.app import create_app

OPEN_SCHEMAS: Final = {
    # What is verified is a citation as an answer gave it, with all that stands around it there.
    "CitationClaim",
}
"""Bodies that may hold more than is read. A new entry here lets a misspelt field pass in silence."""

OPEN_FIELDS: Final = {
    # Keys of a user's own; their values are checked.
    "metadata",
    "add_metadata",
    # Record mappings: field of the record by key of a user's own.
    "values",
}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return create_app().openapi()


def test_no_body_takes_a_field_it_does_not_know(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    bodies = {
        name
        for path in description["paths"].values()
        for operation in path.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        for name in _names(content["schema"], schemas)
    }
    assert len(bodies) > 10
    open_bodies = {name for name in bodies if schemas[name].get("type") == "object" and not _is_closed(schemas[name])}
    assert open_bodies == OPEN_SCHEMAS


def test_no_field_of_a_body_takes_any_object_but_those_for_keys_of_a_users_own(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    found = {
        field
        for path in description["paths"].values()
        for operation in path.values()
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json"
        for name in _names(content["schema"], schemas)
        for field, schema in schemas[name].get("properties", {}).items()
        for part in _parts(schema)
        if part.get("type") == "object" and not _is_closed(part)
    }
    assert found <= OPEN_FIELDS, found


def _is_closed(schema: dict[str, Any]) -> bool:
    return schema.get("additionalProperties") is False


def _parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and all that stands in it, short of what it refers to."""
    yield schema
    for key in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(key, ()):
            yield from _parts(part)
    if isinstance(schema.get("items"), dict):
        yield from _parts(schema["items"])


def _names(schema: dict[str, Any], schemas: dict[str, Any], seen: frozenset[str] = frozenset()) -> set[str]:
    """The named schemas that a schema refers to, through others too."""
    found = set(seen)
    waiting: list[Any] = [schema]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            name = str(item.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return found
