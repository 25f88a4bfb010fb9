"""What went wrong, told to people: title, detail, what to do, and an exit code. A traceback only when asked for."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

import typer
from rich.text import Text

from ragstone.entry.cli.api import ProblemReceived
from ragstone.entry.cli.screen import Screen, plain
from ragstone.kit.i18n import message
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.problem_json import STATUS, problem_body
from ragstone.kit.telemetry import configure_logs
from ragstone.settings import SettingsInvalid

EXIT_CODES: Final[Mapping[Kind, int]] = {
    Kind.INVALID: 2,
    Kind.UNAUTHENTICATED: 3,
    Kind.FORBIDDEN: 4,
    Kind.NOT_FOUND: 5,
    Kind.CONFLICT: 6,
    Kind.TOO_LARGE: 7,
    Kind.UNSUPPORTED: 8,
    Kind.RATE_LIMITED: 9,
    Kind.UNAVAILABLE: 10,
    Kind.TIMEOUT: 11,
    Kind.INTERNAL: 70,
}
"""0 is success; 1 means that the command did its work and its result is bad; 130 that it was interrupted."""

_KIND_OF_STATUS: Final = {status: kind for kind, status in STATUS.items()}
_SERVER_ERROR: Final = 500


class SettingsWrong(Problem):
    """A setting is unknown or has a bad value."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "settings_invalid"


class CommandCrashed(Problem):
    """A defect of the command line itself."""

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "command_crashed"


@contextlib.contextmanager
def reported(screen: Screen, *, debug: bool) -> Iterator[Screen]:
    """Whatever goes wrong inside is shown, and ends the command with its exit code."""
    configure_logs("debug" if debug else "critical", "text")
    try:
        yield screen
    except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
        raise
    except Exception as error:
        if debug:
            screen.err.print_exception()
        body = problem_of(error, screen.locale)
        _show(body, screen)
        raise typer.Exit(exit_code(body)) from error


def problem_of(error: Exception, locale: str) -> Mapping[str, Any]:
    """Any error as the body of a problem."""
    if isinstance(error, ProblemReceived):
        return error.body
    if isinstance(error, SettingsInvalid):
        error = SettingsWrong(reason=str(error))
    if not isinstance(error, Problem):
        error = CommandCrashed(error=f"{type(error).__name__}: {error}")
    return problem_body(error, locale, "")


def kind_of(body: Mapping[str, Any]) -> Kind:
    """The kind of a problem, told from its status."""
    status = int(body["status"])
    return _KIND_OF_STATUS.get(status, Kind.INTERNAL if status >= _SERVER_ERROR else Kind.INVALID)


def exit_code(body: Mapping[str, Any]) -> int:
    """The exit code for a problem."""
    return EXIT_CODES[kind_of(body)]


def _show(body: Mapping[str, Any], screen: Screen) -> None:
    if screen.as_json:
        screen.err.file.write(json.dumps(body, ensure_ascii=False) + "\n")
        return
    for line in _lines(body, screen.locale):
        screen.err.print(line, soft_wrap=True)


def _lines(body: Mapping[str, Any], locale: str) -> Iterator[Text]:
    yield plain(body["title"], "bold red")
    yield plain(body["detail"])
    for item in body.get("errors", ()):
        yield plain(f"  {item['pointer']}: {item['detail']}")
    yield plain(message(f"cli.advice.{kind_of(body)}", locale), "cyan")
    if body.get("request_id"):
        yield plain(body["request_id"], "dim")
