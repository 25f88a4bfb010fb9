"""The program `ragstone`: every command, and the options all of them have."""

from typing import Final

import typer

from ragstone import __version__
from ragstone.entry.cli import (
    ask,
    audit,
    auth,
    collections,
    doctor,
    documents,
    embeddings,
    ingest,
    jobs,
    keys,
    members,
    migrate,
    models,
    moves,
    quotas,
    records,
    reset,
    search,
    secrets,
    seed,
    serve,
    settings,
    tenants,
    tour,
    users,
)
from ragstone.entry.cli.command import root

_COMMANDS: Final = (serve, ingest, records, search, ask, seed, tour, doctor, migrate, reset)
_NOUNS: Final = {
    "collections": collections,
    "documents": documents,
    "embeddings": embeddings,
    "audit": audit,
    "jobs": jobs,
    "keys": keys,
    "members": members,
    "tenants": tenants,
    "secrets": secrets,
    "settings": settings,
    "models": models,
    "users": users,
    "auth": auth,
    "quotas": quotas,
}

app = typer.Typer(
    name="ragstone",
    help="Documents in, answers out; every citation is verified against the stored bytes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def run() -> None:
    """The entry point of the program."""
    app()


root(app, __version__)
for _command in _COMMANDS:
    app.add_typer(_command.app)
collections.app.add_typer(moves.app)
for _noun, _commands in _NOUNS.items():
    app.add_typer(_commands.app, name=_noun)
