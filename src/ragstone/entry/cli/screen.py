"""What people and programs see: results on standard output, everything else on standard error.

Texts come from documents, so they are printed as they are: no markup, and no control characters for the terminal.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ragstone.kit.i18n import negotiate

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_PIPE_WIDTH: Final = 240
_LOCALE_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a command writes. With `as_json`, standard output gets JSON and nothing else."""

    out: Console
    err: Console
    as_json: bool
    locale: str

    @classmethod
    def open(cls, *, as_json: bool) -> "Screen":
        """The standard streams, and the language of the environment."""
        return cls(_console(sys.stdout), _console(sys.stderr), as_json, locale_of(os.environ))

    def show(self, value: Any, render: Callable[[Any], RenderableType | None]) -> None:
        """A result: the value itself as JSON (on one line, unless for a terminal), or what `render` makes of it."""
        if self.as_json:
            indent = 2 if self.out.is_terminal else None
            self.out.file.write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")
        elif (rendered := render(value)) is not None:
            self.out.print(rendered, soft_wrap=isinstance(rendered, Text))

    def say(self, *parts: Text | str) -> None:
        """A line of a result for people; with `as_json` nothing."""
        if not self.as_json:
            self.out.print(Text().join(plain(part) for part in parts), soft_wrap=True)

    def note(self, text: str) -> None:
        """Something people may want to know, on standard error."""
        if not self.as_json:
            self.err.print(plain(text, "dim"), soft_wrap=True)

    def note_next(self, page: dict[str, Any]) -> None:
        """How to see what follows a page of a list."""
        if page["next_cursor"]:
            self.note(f"There is more: --cursor {page['next_cursor']}")

    def progress(self, *columns: ProgressColumn) -> Progress:
        """Bars on standard error, if that is a terminal. `columns` follow the bar."""
        return Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            *columns,
            TimeRemainingColumn(),
            console=self.err,
            disable=not self.err.is_terminal,
            transient=True,
        )


def plain(text: Text | str, style: str = "") -> Text:
    """A text as it is, in its logical order, less what would steer the terminal."""
    return text if isinstance(text, Text) else Text(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text), style=style)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table in which nothing is cut off. None is shown as nothing."""
    made = Table(*headings, box=None, header_style="bold", pad_edge=False)
    for column in made.columns:
        column.overflow = "fold"
    for row in rows:
        made.add_row(*(plain("" if cell is None else str(cell)) for cell in row))
    return made


def facts(value: dict[str, object]) -> Table:
    """One object as a table of its fields."""
    return table(("field", "value"), ((name, _shown(field)) for name, field in value.items()))


def locale_of(environment: "os._Environ[str] | dict[str, str]") -> str:
    """The language a POSIX environment asks for (`LC_ALL`, `LC_MESSAGES`, `LANG`), of those there are."""
    asked = next((value for name in _LOCALE_VARIABLES if (value := environment.get(name))), "")
    return negotiate(re.split(r"[_.@]", asked)[0])


def _shown(field: object) -> object:
    return json.dumps(field, ensure_ascii=False) if isinstance(field, dict | list | bool) else field


def _console(stream: Any) -> Console:
    """Through a pipe a console has no width, and the usual 80 columns would fold what programs read by the line."""
    piped = not stream.isatty() and "COLUMNS" not in os.environ
    return Console(file=stream, width=_PIPE_WIDTH if piped else None, highlight=False, emoji=False, markup=False)
