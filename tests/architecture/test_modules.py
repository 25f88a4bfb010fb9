"""How every file is written: it says its job, takes time and chance as values, and stays small."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent

CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
KEEPERS_OF_TIME = {"ragstone.kit.clock", "ragstone.kit.ids"}

IMPURE = {
    "asyncio",
    "datetime",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "time",
}


def test_every_module_says_what_its_job_is(modules: tuple[Any, ...]) -> None:
    assert [module.name for module in modules if not ast.get_docstring(module.tree)] == []


def test_wall_clocks_are_read_in_the_kit_alone(modules: tuple[Any, ...]) -> None:
    """Everything else is handed a `Clock`; durations are measured with monotonic clocks."""
    readers = {
        module.name
        for module in modules
        if not module.name.startswith("ragstone.testing")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in CLOCKS
    }
    assert sorted(readers - KEEPERS_OF_TIME) == []


def test_the_engine_never_waits_and_takes_time_and_chance_as_values(modules: tuple[Any, ...]) -> None:
    impure = [
        f"{module.name}: {ast.unparse(node)[:80]}"
        for module in modules
        if module.name.startswith("ragstone.engine")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.Await) or IMPURE.intersection(_imported(node)) or _opens(node)
    ]
    assert impure == []


def test_no_function_changes_a_variable_of_its_module(modules: tuple[Any, ...]) -> None:
    changed = [f"{module.name}" for module in modules for node in ast.walk(module.tree) if isinstance(node, ast.Global)]
    assert changed == []


def test_files_and_functions_stay_small_and_have_names_that_say_something() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "shape_report.py")]
    report = subprocess.run(command, capture_output=True, text=True, check=False)
    assert report.returncode == 0, report.stdout


def _imported(node: ast.AST) -> Iterator[str]:
    """The top modules an import names; a `PurePosixPath` touches no file."""
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not all(a.name.startswith("Pure") for a in node.names):
        yield node.module.partition(".")[0]


def _opens(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
