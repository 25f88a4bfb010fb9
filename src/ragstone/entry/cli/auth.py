"""`ragstone auth`: the keys that sign access tokens."""

from typing import Annotated

import typer

from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import facts
from ragstone.entry.cli.session import Session

app = typer.Typer(help="The keys that sign access tokens.", no_args_is_help=True)


@command(app, "rotate-keys")
def rotate_keys(
    session: Session,
    *,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Refuse every access token of today; for a key that was stolen.")
    ] = False,
) -> None:
    """Sign access tokens with a new key from now on. Nobody is signed out: refresh tokens get new ones."""
    body = {"believe_old": not at_once}
    session.screen.show(session.run(lambda api: api.post("/admin/signing-keys/rotate", body)), facts)
