"""The operations of the API by their names, as its description has them."""

import re
from typing import Any

READ_ONLY = {"answers", "estimate_move", "search", "verify_citations"}
"""Operations that are posted, as what they ask does not fit into an address, and change nothing."""


def operation_names(description: dict[str, Any]) -> list[str]:
    """The name of every operation."""
    return [name for path in description["paths"] for name in _names(description, path)]


def mutating(description: dict[str, Any]) -> set[str]:
    """The names of the operations that change something."""
    paths = description["paths"]
    return {name for path in paths for name, method in _names(description, path).items() if method != "get"} - READ_ONLY


def _names(description: dict[str, Any], path: str) -> dict[str, str]:
    """An operation's id is its name, its path and its method."""
    rest = re.sub(r"\W", "_", path)
    found = description["paths"][path].items()
    return {item["operationId"].removesuffix(f"{rest}_{method}"): method for method, item in found}
