"""Every operation that changes something notes a deed under its name."""

import ast
from collections.abc import Iterator
from typing import Any

from tests.operations import mutating, operation_names

from ragstone.db.deeds import Deed
from ragstone.entry.http.app import create_app

OTHERS = {"export_audit", "prune_audit"}
"""What is noted besides: the log was taken out, and retention removed a part of it."""


def test_every_operation_that_changes_something_notes_it_under_its_name(modules: tuple[Any, ...]) -> None:
    noted = {action for actions in _noted(modules) for action in actions}
    assert sorted(mutating(create_app().openapi()) - noted) == []


def test_nothing_is_noted_under_a_name_that_no_operation_has(modules: tuple[Any, ...]) -> None:
    literal = {actions[0] for actions in _noted(modules) if len(actions) == 1}
    assert sorted(literal - mutating(create_app().openapi()) - OTHERS) == []


def test_the_names_of_operations_differ() -> None:
    names = operation_names(create_app().openapi())
    assert sorted({name for name in names if names.count(name) > 1}) == []


def _noted(modules: tuple[Any, ...]) -> Iterator[list[str]]:
    """The action of each deed; where it is not written there, all texts of the module, as it may be any of them."""
    for module in modules:
        if getattr(module.loaded, "Deed", None) is not Deed or module.name == Deed.__module__:
            continue
        nodes = list(ast.walk(module.tree))
        texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        for call in nodes:
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "Deed":
                action = call.args[0]
                yield [str(action.value)] if isinstance(action, ast.Constant) else texts
