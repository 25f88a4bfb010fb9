"""Every place of the API where a caller may write a text, read from its description."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

_DEEPEST: Final = 6
ENDLESS: Final = ("GET", "/api/v1/jobs/events")
"""It answers for as long as somebody listens."""
_ANYWHERE: Final = ("User-Agent", "X-Request-ID", "Accept-Language", "Cookie", "Referer", "X-API-Key", "Authorization")
_JSON: Final = "application/json"
_FORM: Final = "multipart/form-data"


@dataclass(frozen=True)
class Place:
    """Where a text goes in a request; `field` is a name, or the way to a field of a body."""

    method: str
    path: str
    kind: str
    field: tuple[str | int, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.kind} {'.'.join(map(str, self.field))}"


class Places:
    """The operations of one description."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._description = description

    def __iter__(self) -> Iterator[Place]:
        seen: set[str] = set()
        for path, operations in self._description["paths"].items():
            for method, operation in operations.items():
                yield from self._of(method.upper(), path, operation)
                if not seen.issuperset(operation["tags"]):
                    yield from (Place(method.upper(), path, "header", (name,)) for name in _ANYWHERE)
                seen.update(operation["tags"])

    def _of(self, method: str, path: str, operation: Mapping[str, Any]) -> Iterator[Place]:
        for parameter in operation.get("parameters", ()):
            if is_text(self._plain(parameter["schema"])):
                yield Place(method, path, parameter["in"], (parameter["name"],))
        bodies = operation.get("requestBody", {}).get("content", {})
        if _JSON in bodies:
            for field in self._texts(bodies[_JSON]["schema"], 0):
                yield Place(method, path, "json", field)
        if _FORM in bodies:
            for name, schema in self._plain(bodies[_FORM]["schema"])["properties"].items():
                is_file = "binary" in str(schema) or "contentMediaType" in str(schema)
                yield Place(method, path, "filename" if is_file else "form", (name,))

    def request(self, place: Place, text: str, known: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        """The path, and what else to send, with a text in its place and what is required around it."""
        operation = self._description["paths"][place.path][place.method.lower()]
        query: dict[str, Any] = {}
        headers: dict[str, bytes] = {}
        path = place.path
        for parameter in operation.get("parameters", ()):
            name = parameter["name"]
            is_here = (place.kind, place.field) == (parameter["in"], (name,))
            if parameter["in"] == "path":
                path = path.replace(f"{{{name}}}", quote(text if is_here else known.get(name, "none"), safe=""))
            elif parameter["in"] == "query" and (is_here or parameter.get("required")):
                query[name] = text if is_here else self.example(parameter["schema"], name, known)
        if place.kind == "header":
            headers[str(place.field[0])] = text.encode("utf-8", "replace")
        options: dict[str, Any] = {"params": query, "headers": headers}
        bodies = operation.get("requestBody", {}).get("content", {})
        if _JSON in bodies and place.kind not in {"form", "filename"}:
            options["json"] = self.example(bodies[_JSON]["schema"], "", known, place.field, text)
            if place.kind != "json":
                options["json"] = self.example(bodies[_JSON]["schema"], "", known)
        elif _FORM in bodies:
            (file,) = (
                name
                for name, schema in self._plain(bodies[_FORM]["schema"])["properties"].items()
                if "binary" in str(schema) or "contentMediaType" in str(schema)
            )
            options["files"] = [(file, (text if place.kind == "filename" else "a.txt", b"The ruff rests."))]
            options["data"] = {str(place.field[0]): text} if place.kind == "form" else {}
        return path, options

    def example(
        self,
        schema: Mapping[str, Any],
        name: str,
        known: Mapping[str, str],
        field: tuple[str | int, ...] = (),
        text: str = "",
    ) -> Any:
        """A small value that a schema allows, with the text at the end of the way `field`."""
        if not field and text:
            return text
        plain = self._plain(schema)
        if plain.get("type") == "object":
            return self._object(plain, known, field, text)
        if plain.get("type") == "array":
            if not field and not plain.get("minItems") and name != "documents":
                return []
            return [self.example(plain["items"], name.removesuffix("s"), known, field[1:], text)]
        return simplest(plain, known.get(name))

    def _object(
        self, plain: Mapping[str, Any], known: Mapping[str, str], field: tuple[str | int, ...], text: str
    ) -> dict[str, Any]:
        properties = plain.get("properties", {})
        wanted = [*plain.get("required", ()), *(name for name in field[:1] if name in properties)]
        made = {
            name: self.example(
                properties[name], name, known, *((field[1:], text) if field and field[0] == name else ((), ""))
            )
            for name in dict.fromkeys(wanted)
        }
        return made if not field or field[0] in properties else made | {str(field[0]): text}

    def _texts(self, schema: Mapping[str, Any], depth: int) -> Iterator[tuple[str | int, ...]]:
        plain = self._plain(schema)
        if is_text(plain):
            yield ()
        elif plain.get("type") == "array" and depth < _DEEPEST:
            yield from ((0, *rest) for rest in self._texts(plain["items"], depth + 1))
        elif plain.get("type") == "object" and depth < _DEEPEST:
            for name, inner in plain.get("properties", {}).items():
                yield from ((name, *rest) for rest in self._texts(inner, depth + 1))
            if "properties" not in plain:  # Names are free here, as in metadata.
                yield ("key",)

    def _plain(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a schema comes to: references followed; of several, the first that is a text, or else not null."""
        if "$ref" in schema:
            return self._plain(self._description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                plain = [self._plain(one) for one in schema[choice] if one.get("type") != "null"]
                return next((one for one in plain if is_text(one)), plain[0])
        return schema


def simplest(plain: Mapping[str, Any], known: str | None) -> Any:
    """A number, a truth value or a word that a schema allows."""
    if plain.get("type") in {"integer", "number"}:
        return max(plain.get("minimum", 1), 1)
    if plain.get("type") == "boolean":
        return True
    chosen = plain.get("enum", [plain.get("const")])[0]
    return chosen or known or ("2026-01-01T00:00:00Z" if plain.get("format") == "date-time" else "text")


def is_text(plain: Mapping[str, Any]) -> bool:
    """Whether any text may be tried: not one of a few words, and not a number or a moment."""
    return plain.get("type") == "string" and not plain.keys() & {"enum", "const", "format"}
