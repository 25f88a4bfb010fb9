"""The source as the rules see it: every module of the program, imported and parsed."""

import ast
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import ragstone

ROOT = Path(__file__).parent.parent.parent
SOURCE = Path(ragstone.__file__).parent


@dataclass(frozen=True)
class Module:
    """One file of the program. `loaded` is None for what only Alembic or `python -m` may load."""

    name: str
    path: Path
    tree: ast.Module
    loaded: ModuleType | None


def _modules() -> Iterator[Module]:
    importable = {found.name for found in pkgutil.walk_packages(ragstone.__path__, "ragstone.")} - {"ragstone.__main__"}
    for path in sorted(SOURCE.rglob("*.py")):
        name = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")
        loaded = importlib.import_module(name) if name in importable else None
        yield Module(name, path, ast.parse(path.read_text("utf-8")), loaded)


@pytest.fixture(scope="session")
def modules() -> tuple[Module, ...]:
    return tuple(_modules())


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    """`scripts/build_reference.py` as a module."""
    path = ROOT / "scripts" / "build_reference.py"
    spec = importlib.util.spec_from_file_location("build_reference", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
