"""`ragstone migrate`: bring the store's schema up to date, or say whether it is."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from ragstone.bootstrap import open_database
from ragstone.db import migrate as migration
from ragstone.db.migrate import SchemaState
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import facts
from ragstone.entry.cli.session import Session
from ragstone.kit.clock import SystemClock
from ragstone.settings import Settings

app = typer.Typer()


@command(app, "migrate")
def migrate(
    session: Session,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; the exit code is 1 if anything is pending.")
    ] = False,
) -> None:
    """Bring the store's schema up to date.

    A server does this by itself when it starts.
    """
    settings = session.settings()
    state = asyncio.run(_state(settings) if check else _migrate(settings))
    session.screen.show(asdict(state), facts)
    if check and state.pending:
        raise typer.Exit(1)


async def _state(settings: Settings) -> SchemaState:
    async with open_database(settings) as db:
        return await migration.schema_state(db)


async def _migrate(settings: Settings) -> SchemaState:
    """The state after the migration."""
    async with open_database(settings) as db:
        await migration.migrate(db, SystemClock(), settings.data_dir)
        return await migration.schema_state(db)
