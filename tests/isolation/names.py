"""Names that carry the tenant: keys of blobs and of the cache, spaces of the index. A rule over the source."""

import ast
from collections.abc import Iterator
from typing import Final

_KEYED: Final = {("blobs", "put"), ("cache", "get"), ("cache", "set")}
"""Calls of ports whose first argument is a key that this program makes up."""


def tenantless_names(module: str, tree: ast.Module) -> Iterator[str]:
    """Keys that do not begin with the scope's tenant, and spaces of no tenant."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in ast.walk(function):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            chain = [name.lstrip("_") for name in ast.unparse(call.func).split(".")]
            if tuple(chain[-2:]) in _KEYED and not _begins_with_tenant(call.args[0], function):
                yield f"{module}:{call.lineno} {ast.unparse(call)}"
            if chain[-1] == "IndexSpace" and not _is_tenant(call.args[0]):
                yield f"{module}:{call.lineno} {ast.unparse(call)}"


def _begins_with_tenant(key: ast.expr, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the key is made so, here or where it was put into the variable that is given."""
    if isinstance(key, ast.Name) and key.id.isupper():
        return True  # Of the installation.
    if isinstance(key, ast.Name):
        made = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and any(ast.unparse(target) == key.id for target in node.targets)
        ]
        return bool(made) and all(_begins_with_tenant(value, function) for value in made)
    return isinstance(key, ast.JoinedStr) and ast.unparse(key)[2:].startswith("{scope.tenant_id}/")


def _is_tenant(argument: ast.expr) -> bool:
    return ast.unparse(argument).split(".")[-1] == "tenant_id" or ast.unparse(argument) == "detail['tenant_id']"
