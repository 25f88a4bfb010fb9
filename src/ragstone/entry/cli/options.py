"""The options every command has."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Final

import typer

_PANEL: Final = "Options of every command"


@dataclass(frozen=True, slots=True)
class Options:
    """Where the data is, and how to speak. Given before the command or after it; after it wins."""

    data_dir: Annotated[
        Path | None, typer.Option(help="Data folder; also RAGSTONE_DATA_DIR.", rich_help_panel=_PANEL)
    ] = None
    config: Annotated[
        Path | None, typer.Option(help="Settings file (TOML); also RAGSTONE_CONFIG.", rich_help_panel=_PANEL)
    ] = None
    url: Annotated[
        str | None, typer.Option(help="URL of a server to use; also RAGSTONE_URL.", rich_help_panel=_PANEL)
    ] = None
    key: Annotated[
        str | None, typer.Option(help="API key for that server; also RAGSTONE_API_KEY.", rich_help_panel=_PANEL)
    ] = None
    json: Annotated[
        bool, typer.Option("--json", help="Answer on standard output in JSON alone.", rich_help_panel=_PANEL)
    ] = False
    debug: Annotated[
        bool, typer.Option("--debug", help="Log everything and show where errors come from.", rich_help_panel=_PANEL)
    ] = False

    def over(self, other: "Options") -> "Options":
        """These options, and the other's where these say nothing."""
        return Options(**{item.name: getattr(self, item.name) or getattr(other, item.name) for item in fields(self)})
