"""One request for each operation of the OpenAPI document, with given identifiers wherever one may stand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

METHODS: Final = ("get", "put", "post", "patch", "delete")
_ID_SUFFIXES: Final = ("_id", "_ids")
_WORDS: Final[Mapping[str, Any]] = {
    "query": "canary",
    "name": "made by the test",
    "title": "made by the test",
    "text": "made by the test",
    "email": "stranger@example.com",
    "password": "correct horse battery staple",
    "quote": "canary",
    "field": "tag",
    "value": "x",
    "version": 1,
    "start_byte": 0,
    "end_byte": 6,
    "role": "viewer",
    "scopes": ["read"],
}
"""What stands in a body under a name, where any value of its type would not do."""
_BODIES: Final[Mapping[str, Any]] = {
    "BulkUpdate": {"tags": ["changed"]},
    "CollectionUpdate": {"description": "changed"},
    "DocumentPatch": {"title": "changed"},
    "ContentUpdate": {"text": "changed"},
}
"""Bodies none of whose parts is required, but which have to say something."""


class UnknownIdentifier(Exception):
    """A parameter or field of a kind of object that the test does not know: add one of it to what it makes."""


@dataclass(frozen=True)
class Operation:
    """One operation, the request it is sent, and where identifiers stand in that."""

    method: str
    template: str
    is_open: bool
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)
    ids_in: frozenset[str] = frozenset()
    is_stream: bool = False

    def __str__(self) -> str:
        """As it is listed."""
        return f"{self.method.upper()} {self.template}"


def operations(document: Mapping[str, Any], ids: Mapping[str, str]) -> Iterator[Operation]:
    """Every operation, with the identifiers by the name they go under: `document_id` also fills `document_ids`.

    Raises `UnknownIdentifier`.
    """
    for template, methods in document["paths"].items():
        for method, described in methods.items():
            if method in METHODS:
                yield _operation(document, ids, method, template, described)


def _operation(
    document: Mapping[str, Any], ids: Mapping[str, str], method: str, template: str, described: Mapping[str, Any]
) -> Operation:
    path, query, ids_in = template, {}, set()
    for parameter in described.get("parameters", ()):
        name = parameter["name"]
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", _identifier(ids, name))
            ids_in.add("path")
        elif parameter["in"] == "query" and name.endswith(_ID_SUFFIXES) and name in ids:
            query[name] = ids[name]
            ids_in.add("query")
    options: dict[str, Any] = {"params": query} if query else {}
    contents = described.get("requestBody", {}).get("content", {})
    if "application/json" in contents:
        schema = contents["application/json"]["schema"]
        filled = _Filler(document, ids)
        options["json"] = filled.value("", schema)
        ids_in |= {"body"} if filled.has_ids else set()
    elif "multipart/form-data" in contents:
        name = "files" if "files" in str(contents) else "file"
        options["files"] = [(name, ("note.txt", b"made by the test"))]
    elif "application/x-www-form-urlencoded" in contents:
        options["data"] = {"username": "stranger@example.com", "password": "wrong", "grant_type": "password"}
    is_stream = "text/event-stream" in str(described.get("responses", {}).get("200", {}))
    is_open = not described.get("security")
    return Operation(method, template, is_open, path, options, frozenset(ids_in), is_stream and method == "get")


def _identifier(ids: Mapping[str, str], name: str) -> str:
    if name not in ids:
        raise UnknownIdentifier(name)
    return ids[name]


class _Filler:
    """Makes the smallest body a schema allows, with an identifier wherever one may stand."""

    def __init__(self, document: Mapping[str, Any], ids: Mapping[str, str]) -> None:
        self._schemas = document["components"]["schemas"]
        self._ids = ids
        self.has_ids = False

    def value(self, name: str, schema: Mapping[str, Any]) -> Any:
        """A value for a field."""
        if "$ref" in schema:
            title = schema["$ref"].rsplit("/", 1)[-1]
            filled = self.value(name, self._schemas[title])
            return {**filled, **_BODIES[title]} if title in _BODIES else filled
        if name.endswith(_ID_SUFFIXES) and not _is_foreign(name):
            return self._identifiers(name, schema)
        if name in _WORDS:
            return _WORDS[name]
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                options = [item for item in schema[choice] if item.get("type") != "null"]
                return self.value(name, options[0])
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        return self._of_type(name, schema)

    def _of_type(self, name: str, schema: Mapping[str, Any]) -> Any:
        match schema.get("type"):
            case "object" | None if "properties" in schema:
                required = set(schema.get("required", ()))
                return {
                    key: self.value(key, item)
                    for key, item in schema["properties"].items()
                    if key in required or (key.endswith(_ID_SUFFIXES) and not _is_foreign(key))
                }
            case "array":
                return [self.value(name, schema["items"])] * max(1, schema.get("minItems", 1))
            case "integer" | "number":
                return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            case "boolean":
                return False
            case "string":
                return "x" * max(1, schema.get("minLength", 1))
        return {}

    def _identifiers(self, name: str, schema: Mapping[str, Any]) -> Any:
        self.has_ids = True
        one = _identifier(self._ids, name.removesuffix("s") if name.endswith("_ids") else name)
        if not name.endswith("_ids"):
            return one
        at_least = max([item.get("minItems", 1) for item in [schema, *schema.get("anyOf", ())]])
        return [one, *(self._ids[f"other_{name.removesuffix('s')}"] for _ in range(at_least - 1))]


def _is_foreign(name: str) -> bool:
    """Identifiers of other systems than ours."""
    return name in {"external_id", "client_id", "request_id"}
