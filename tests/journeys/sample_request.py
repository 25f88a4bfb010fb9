"""Requests that the OpenAPI document lets through, made from nothing but the document."""

from typing import Any

_NOWHERE = "nowhere"


def sample_request(description: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """What to send: `url`, and `json`, `files` or `content`, with no more than is required."""
    operation = description["paths"][path][method]
    parameters = [item for item in operation.get("parameters", ()) if item.get("required")]
    values = {item["name"]: sample(description, item["schema"]) for item in parameters}
    in_path = {item["name"] for item in parameters if item["in"] == "path"}
    url = path
    for name in in_path:
        url = url.replace(f"{{{name}}}", _NOWHERE)
    request: dict[str, Any] = {"url": url, "params": {k: v for k, v in values.items() if k not in in_path}}
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        request["json"] = sample(description, content["application/json"]["schema"])
    elif "multipart/form-data" in content:
        schema = _resolved(description, content["multipart/form-data"]["schema"])
        name = next((name for name, part in schema.get("properties", {}).items() if _is_file(part)), "files")
        request["files"] = [(name, ("a.txt", b"x"))]
    elif "application/x-www-form-urlencoded" in content:
        request["data"] = sample(description, content["application/x-www-form-urlencoded"]["schema"])
    return request


def sample(description: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A value a schema holds for."""
    schema = _resolved(description, schema)
    for key in ("const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return sample(description, schema[key][0])
    return _of_type(description, schema)


def _of_type(description: dict[str, Any], schema: dict[str, Any]) -> Any:
    match schema.get("type"):
        case "object":
            needed = schema.get("required", ())
            return {name: sample(description, schema["properties"][name]) for name in needed}
        case "array":
            return [sample(description, schema["items"])] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return False
        case _:
            return _text(schema)


def _text(schema: dict[str, Any]) -> str:
    known = {"email": "nobody@example.com", "date-time": "2999-01-01T00:00:00Z"}
    if found := known.get(schema.get("format", "")):
        return found
    if "@" in schema.get("pattern", ""):
        return known["email"]
    return str((schema.get("examples") or ["x" * max(1, schema.get("minLength", 1))])[0])


def _resolved(description: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _is_file(part: dict[str, Any]) -> bool:
    item = part.get("items", part)
    return item.get("format") == "binary" or "contentMediaType" in item
