"""Databases for tests: a fresh one each time, with the schema of today, gone afterwards."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.db.migrate import migrate
from ragstone.kit.clock import SystemClock
from ragstone.kit.ids import new_id


@contextlib.asynccontextmanager
async def sqlite_database(folder: Path) -> AsyncIterator[Database]:
    """A migrated SQLite database in a folder."""
    async with Database.sqlite(folder / "test.sqlite") as db:
        await migrate(db, SystemClock(), folder)
        yield db


@contextlib.asynccontextmanager
async def postgres_database(server_url: str, folder: Path) -> AsyncIterator[Database]:
    """A migrated database of its own on a Postgres server. `folder` takes the migration's lock file."""
    async with postgres_database_url(server_url) as url, Database(url) as db:
        await migrate(db, SystemClock(), folder)
        yield db


@contextlib.asynccontextmanager
async def postgres_database_url(server_url: str) -> AsyncIterator[str]:
    """The URL of a new, empty database on a Postgres server, dropped at the end with whoever is still connected."""
    name = new_id("ragstone_test")
    async with Database(server_url) as server:
        await _administer(server, f'CREATE DATABASE "{name}"')
        try:
            yield sa.make_url(server_url).set(database=name).render_as_string(hide_password=False)
        finally:
            await _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _administer(server: Database, statement: str) -> None:
    """Databases are made and dropped outside a transaction."""
    async with server.read() as connection:
        await connection.execute(sa.text(statement))
