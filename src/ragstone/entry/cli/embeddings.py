"""`ragstone embeddings`: what embedding has cost."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import table
from ragstone.entry.cli.session import Session

app = typer.Typer(help="Show what embedding has cost.", no_args_is_help=True)

_FIELDS = ("day", "model", "texts", "cached", "tokens", "seconds")


@app.callback()
def embeddings() -> None:
    """Show what embedding has cost."""


@command(app, "usage")
def usage(
    session: Session,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days to go back.")] = 30,
) -> None:
    """Show passages, cache hits, tokens and seconds by day and model."""
    session.screen.show(session.run(lambda api: api.get("/embeddings/usage", days=days)), _rows)


def _rows(page: dict[str, Any]) -> Table:
    return table(_FIELDS, ([str(item[field]) for field in _FIELDS] for item in page["items"]))
