"""Databases for tests: a fresh one each time, with the schema of today, gone afterwards."""

import asyncio
import contextlib
import functools
import tempfile
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
    path = folder / "test.sqlite"
    path.write_bytes(await asyncio.to_thread(_migrated_file))
    async with Database.sqlite(path) as db:
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


@functools.cache
def _migrated_file() -> bytes:
    """An empty store. Copying it is a hundred times quicker than migrating again. In a thread without an event loop."""

    async def content() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "test.sqlite"
            async with Database.sqlite(path) as db:
                await migrate(db, SystemClock(), path.parent)
            return path.read_bytes()

    return asyncio.run(content())


async def _administer(server: Database, statement: str) -> None:
    """Databases are made and dropped outside a transaction."""
    async with server.read_across_tenants() as connection:
        await connection.execute(sa.text(statement))
