"""`ragstone settings`: what the settings are, and where each comes from."""

from typing import Annotated

import typer

from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import table
from ragstone.entry.cli.session import Session
from ragstone.settings import explain as explained

app = typer.Typer(help="Show the settings.", no_args_is_help=True)


@command(app, "show")
def show(
    session: Session,
    *,
    explain: Annotated[bool, typer.Option("--explain", help="Also show where each value comes from.")] = False,
) -> None:
    """Show every setting; secrets are hidden."""
    shown = explained(session.settings(), session.flags(), session.options.config)
    columns = ("setting", "value", "source")[: 3 if explain else 2]
    rows = [dict(zip(columns, row, strict=False)) for row in shown]
    session.screen.show(rows, lambda _: table(columns, (tuple(row.values()) for row in rows)))
