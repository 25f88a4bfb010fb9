"""Writes the reference pages that the code already knows: settings, problems, commands, events, and `openapi.json`.

With `--check` nothing is written; the exit code is 1, and a diff is printed, if a file is not what it should be.
"""

import argparse
import ast
import difflib
import functools
import importlib
import inspect
import json
import pkgutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin

import typer.main
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

import ragstone
from ragstone.db import outbox
from ragstone.entry.cli.failure import EXIT_CODES
from ragstone.entry.cli.main import app as cli
from ragstone.entry.http.app import create_app
from ragstone.features.jobs.enqueue import NewJob
from ragstone.kit.i18n import catalogue
from ragstone.kit.problem import Problem
from ragstone.kit.problem_json import STATUS
from ragstone.kit.sse import SentEvent
from ragstone.settings import Settings

ROOT: Final = Path(__file__).parent.parent
REFERENCE: Final = Path("docs/reference")
_GENERATED: Final = "<!-- Written by scripts/build_reference.py from the code: change the code, then run it again. -->"
_BOUNDS: Final = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥", "max_length": "length ≤"}
_SHARED_PANEL: Final = "Options of every command"
_UNITS: Final = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


_SETTINGS_INTRO: Final = """# Settings

Every setting has a default that suits one machine. Sources, later ones winning: default, settings file (TOML,
`--config` or `RAGSTONE_CONFIG`), [store of secrets](../how-to/keep-secrets-elsewhere.md), environment, command line.
A variable's name with `_FILE` appended names a file that holds the value. An unknown name stops the start.
`ragstone settings show --explain` prints what is in force and where each value comes from.
"""
_PROBLEMS_INTRO: Final = """# Problems

Everything that goes wrong has one shape, [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem details: over HTTP
as `application/problem+json`, in a stream as the event `problem`, on the command line as text and an exit code, in a
job as `last_error`. `code` is stable and is what a program should look at; `title` and `detail` are for people, in the
language `Accept-Language` asks for (`en`, `ar`). Words in braces are filled in.
[How to read an error](../how-to/read-an-error.md) says what to do with one.
"""
_COMMANDS_INTRO: Final = f"""# Commands

The program is a thin client of the HTTP API. It speaks to the server at `--url`, else to the one that runs on the data
folder, else it opens the folder itself for as long as the command takes.

Exit codes: 0 is success, 1 means that the command did its work and its result is bad, 130 that it was interrupted; the
others tell the [kind of problem](problems.md).

## {_SHARED_PANEL}

They may stand before the command or after it.
"""
_EVENTS_INTRO: Final = """# Events and jobs

An event is written in the transaction that makes it true and delivered at least once after it. A job is durable work;
[Ingestion and crashes](../explanation/ingestion-and-crashes.md) tells how both survive.
"""


def main() -> int:
    """Write or check every page; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a file is out of date")
    check = parser.parse_args().check
    stale = [path for path, text in pages().items() if not _settle(path, text, check=check)]
    if stale:
        print(f"\n{len(stale)} out of date. Run: .venv/bin/python scripts/build_reference.py", file=sys.stderr)
    return 1 if stale else 0


def pages() -> dict[Path, str]:
    """Every generated file, relative to the root, with the text it should have."""
    write: dict[str, Callable[[], Iterator[str]]] = {
        "settings": settings_page,
        "problems": problems_page,
        "commands": commands_page,
        "events": events_page,
    }
    described = json.dumps(create_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False)
    return {
        **{REFERENCE / f"{name}.md": "\n".join([_GENERATED, "", *page()]) + "\n" for name, page in write.items()},
        Path("openapi.json"): described + "\n",
    }


def settings_page() -> Iterator[str]:
    """Every setting, section by section."""
    yield _SETTINGS_INTRO
    top = [item for item in Settings.model_fields.items() if not _is_section(item[1])]
    yield from _settings_table("", top)
    for name, field in Settings.model_fields.items():
        if _is_section(field):
            section = type(field.default)
            yield f"## `{name}`\n\n{inspect.getdoc(section)}\n"
            yield from _settings_table(f"{name}.", section.model_fields.items())


def problems_page() -> Iterator[str]:
    """Every problem by its code."""
    messages = catalogue("en")
    yield _PROBLEMS_INTRO
    kinds = ((f"`{kind}`", str(STATUS[kind]), str(EXIT_CODES[kind])) for kind in STATUS)
    yield from _table(("kind", "HTTP status", "exit code"), kinds)
    for code, classes in sorted(problem_classes().items()):
        kind = classes[0].kind
        title, detail = (messages.get(f"problem.{code}.{part}", "") for part in ("title", "detail"))
        yield f"## `{code}`\n"
        yield f"**{title}** · `{kind}` · HTTP {_status(code, STATUS[kind])}\n"
        yield f"> {detail}\n"
        yield from sorted({" ".join((inspect.getdoc(item) or "").split()) for item in classes})
        yield ""


def commands_page() -> Iterator[str]:
    """Every command with its own options, and once those that all have."""
    commands = list(_commands("ragstone", typer.main.get_command(cli)))
    yield _COMMANDS_INTRO
    yield from _table(("option", "meaning"), _options(commands[0][1], shared=True))
    for name, command in commands:
        yield f"## `{name}`\n\n{' '.join(inspect.cleandoc(command.help or '').split())}\n"
        if rows := list(_options(command, shared=False)):
            yield from _table(("option", "meaning"), rows)


def events_page() -> Iterator[str]:
    """Outbox topics, kinds of jobs, and names of server-sent events, as the code sends them."""
    yield _EVENTS_INTRO
    yield "## Events of the outbox\n"
    yield from _table(("topic", "payload", "written by"), _sent_rows(outbox.publish, 2))
    yield "## Kinds of jobs\n"
    yield from _table(("kind", "meaning", "queued by"), _sent_rows(NewJob, 0))
    yield "## Server-sent events\n\nWhat each carries is told in [HTTP](http.md#streams).\n"
    yield from _table(("event", "sent by"), ((name, modules) for name, _, modules in _sent_rows(SentEvent, 0)))


def problem_classes() -> dict[str, list[type[Problem]]]:
    """All problems of the program by code. A class that only refines another's meaning in the code is left out."""
    _trees()
    found: dict[str, list[type[Problem]]] = defaultdict(list)
    for problem in _subclasses(Problem):
        has_a_name = "code" in vars(problem) or Problem in problem.__bases__
        if problem.__module__.startswith("ragstone.") and has_a_name:
            found[problem.code].append(problem)
    return found


class SentName(NamedTuple):
    """A name that is sent somewhere, where, and what is said of it there."""

    name: str
    note: str
    module: str


def _sent_names(target: object, position: int) -> list[SentName]:
    """The names given to calls of `target`, as literals or constants, in all modules."""
    found = {
        _sent_name(module, call.args[position], call)
        for module, tree in _trees()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and len(call.args) > position and _resolved(module, call.func) is target
    }
    return sorted(found)


def _sent_name(module: ModuleType, argument: ast.expr, call: ast.Call) -> SentName:
    name = argument.value if isinstance(argument, ast.Constant) else _resolved(module, argument)
    assert isinstance(name, str), f"{module.__name__}:{argument.lineno} sends something that has no name"
    keys = [key.value for item in call.args for key in getattr(item, "keys", ()) if isinstance(key, ast.Constant)]
    note = _constant_note(argument.id) if isinstance(argument, ast.Name) else ""
    return SentName(name, note or ", ".join(f"`{key!s}`" for key in keys), module.__name__)


def _resolved(module: ModuleType, node: ast.expr) -> object:
    """What a name in a module stands for; None if it is no name of the module."""
    if isinstance(node, ast.Attribute):
        return getattr(_resolved(module, node.value), node.attr, None)
    return getattr(module, node.id, None) if isinstance(node, ast.Name) else None


def _sent_rows(target: object, position: int) -> Iterator[tuple[str, str, str]]:
    for (name, note), items in groupby(_sent_names(target, position), key=lambda item: (item.name, item.note)):
        yield f"`{name}`", note, ", ".join(f"`{item.module}`" for item in items)


def _constant_note(name: str) -> str:
    """The docstring under a constant, wherever it is defined."""
    for _, tree in _trees():
        for statement, following in zip(tree.body, tree.body[1:], strict=False):
            target = getattr(statement, "target", None) or next(iter(getattr(statement, "targets", ())), None)
            if isinstance(target, ast.Name) and target.id == name and isinstance(following, ast.Expr):
                return " ".join(str(ast.literal_eval(following.value)).split())
    return ""


@functools.cache
def _trees() -> tuple[tuple[ModuleType, ast.Module], ...]:
    """All modules of the program, imported, so that every subclass is known; not those that only tests need."""
    names = [module.name for module in pkgutil.walk_packages(ragstone.__path__, "ragstone.")]
    wanted = [name for name in names if not name.startswith("ragstone.testing") and not name.endswith("__main__")]
    modules = map(importlib.import_module, wanted)
    return tuple((module, ast.parse(inspect.getsource(module))) for module in modules)


def _subclasses(parent: type[Problem]) -> Iterator[type[Problem]]:
    for child in parent.__subclasses__():
        yield child
        yield from _subclasses(child)


def _status(code: str, usual: int) -> int:
    """The status on the wire: HTTP has one of its own for a wrong method."""
    return 405 if code == "method_not_allowed" else usual


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.default, BaseModel)


def _settings_table(prefix: str, items: Iterable[tuple[str, FieldInfo]]) -> Iterator[str]:
    rows = (_setting(prefix, name, field) for name, field in items)
    return _table(("setting", "environment", "default", "meaning"), rows)


def _setting(prefix: str, name: str, field: FieldInfo) -> tuple[str, str, str, str]:
    dotted = f"{prefix}{name}"
    variable = "RAGSTONE_" + dotted.upper().replace(".", "__")
    limits = ", ".join(_limits(field))
    meaning = f"{field.description} ({limits})" if limits else str(field.description)
    return f"`{dotted}`", f"`{variable}`", _default(name, field), meaning


def _default(name: str, field: FieldInfo) -> str:
    value = field.default
    if value is None:
        return "unset"
    if name.endswith("_bytes"):
        size, unit = next(((size, unit) for size, unit in _UNITS if value % size == 0), (1, "bytes"))
        return f"{value // size} {unit}"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _limits(field: FieldInfo) -> Iterator[str]:
    if get_origin(field.annotation) is Literal:
        yield " or ".join(f"`{choice}`" for choice in get_args(field.annotation))
    for rule in field.metadata:
        yield from (
            f"{sign} {getattr(rule, name)}" for name, sign in _BOUNDS.items() if getattr(rule, name, None) is not None
        )
    if SecretStr in {field.annotation, *get_args(field.annotation)}:
        yield "secret"


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    children: Mapping[str, Any] = getattr(command, "commands", {})
    if not children:
        yield path, command
    for name, child in sorted(children.items()):
        yield from _commands(f"{path} {name}", child)


def _options(command: Any, *, shared: bool) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        if (getattr(parameter, "rich_help_panel", None) == _SHARED_PANEL) != shared or parameter.hidden:
            continue
        is_argument = parameter.param_type_name == "argument"
        names = [parameter.name.upper()] if is_argument else [*parameter.opts, *parameter.secondary_opts]
        default = parameter.default
        shown = f" Default: `{default}`." if default and isinstance(default, str | int) and default is not True else ""
        yield ", ".join(f"`{name}`" for name in names), (parameter.help or "") + shown


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _settle(path: Path, text: str, *, check: bool) -> bool:
    """Write a file, or say how it differs. True if it was as it should be, or is now."""
    target = ROOT / path
    present = target.read_text("utf-8") if target.exists() else ""
    if check and present != text:
        lines = difflib.unified_diff(
            present.splitlines(), text.splitlines(), f"{path} (as it is)", f"{path} (as the code says)", lineterm=""
        )
        print("\n".join(lines))
        return False
    if not check and present != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
        print(f"wrote {path}")
    return True


if __name__ == "__main__":
    sys.exit(main())
