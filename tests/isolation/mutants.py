"""The program without one of its tenant filters: what each of them keeps apart, and what notices that it is gone."""

import ast
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final

import ragstone

FILTERS: Final = {"live", "mine", "_live", "reach"}
"""Functions whose call with a scope is a condition."""

ANYTHING: Final = "__import__('sqlalchemy').true()"
_SOURCE: Final = Path(ragstone.__file__).parent


@dataclass(frozen=True)
class Mutant:
    """One filter of one function, and what stands in its place."""

    module: str
    function: str
    line: int
    column: int
    removed: str
    instead: str

    def __str__(self) -> str:
        """As it is listed."""
        return f"{self.module.removeprefix('ragstone.')}:{self.line} {self.function}: {self.removed}"


def mutants() -> list[Mutant]:
    """Every place in the program that keeps tenants apart."""
    return [
        Mutant(module, function.name, node.lineno, node.col_offset, ast.unparse(node), instead)
        for module, tree in _trees()
        for function in tree.body
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.expr) and (instead := _replacement(node)) is not None
    ]


def source_without(mutant: Mutant) -> ast.Module:
    """The module's tree without the filter."""
    tree = dict(_trees())[mutant.module]
    found: ast.Module = ast.fix_missing_locations(_Replace(mutant).visit(tree))
    return found


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """The running program without the filter, wherever the function has been imported to."""
    function: FunctionType = getattr(importlib.import_module(mutant.module), mutant.function)
    code = compile(source_without(mutant), mutant.module, "exec")
    before = function.__code__
    function.__code__ = next(
        item for item in code.co_consts if isinstance(item, CodeType) and item.co_name == mutant.function
    )
    try:
        yield
    finally:
        function.__code__ = before


def survivors(
    found: list[Mutant], notice: Callable[[Mutant], str | None], tell: Callable[[str], None], known: Mapping[str, str]
) -> list[Mutant]:
    """The mutants that nothing notices, other than the known ones; each is told of with what noticed it."""
    left = []
    for mutant in found:
        noticed = notice(mutant)
        reason = next((why for place, why in known.items() if place in str(mutant)), None)
        tell(f"{'killed  ' if noticed else 'harmless' if reason else 'SURVIVED'} {mutant}")
        tell(f"         {noticed or reason or 'nothing noticed'}")
        if not noticed and reason is None:
            left.append(mutant)
    return left


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((_SOURCE / "features").rglob("*.py")):
        name = ".".join(path.relative_to(_SOURCE.parent).with_suffix("").parts)
        yield name, ast.parse(path.read_text("utf-8"))


def _replacement(node: ast.expr) -> str | None:
    """What takes the place of a filter; None for anything else."""
    text = ast.unparse(node)
    if isinstance(node, ast.Compare) and "scope.tenant_id" in text and ".tenant_id" in text.replace("scope.", "", 1):
        return ANYTHING
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute) and node.args:
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if name in FILTERS and ast.unparse(node.args[0]) in {"scope", "caller"}:
            return ANYTHING
        if name == "IndexSpace" and ast.unparse(node.args[0]) in {"scope.tenant_id", "self.tenant_id"}:
            return text.replace(ast.unparse(node.args[0]), "'everyone'", 1)
    if isinstance(node, ast.JoinedStr) and "scope.tenant_id" in text:
        return text.replace("{scope.tenant_id}/", "").replace("{scope.tenant_id}", "")
    return None


class _Replace(ast.NodeTransformer):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def generic_visit(self, node: ast.AST) -> Any:
        """The same node, or what takes its place."""
        mutant = self._mutant
        is_there = (getattr(node, "lineno", 0), getattr(node, "col_offset", -1)) == (mutant.line, mutant.column)
        if is_there and isinstance(node, ast.expr) and ast.unparse(node) == mutant.removed:
            return ast.copy_location(ast.parse(mutant.instead, mode="eval").body, node)
        return super().generic_visit(node)
