"""Migrations: once, with a snapshot, never backwards, and the same schema as the tables declare."""

import asyncio
import importlib
import pkgutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from tests.postgres import reachable_postgres

import ragstone.features
from ragstone.db import migrate as migrate_module
from ragstone.db.database import Database
from ragstone.db.metadata import metadata
from ragstone.db.migrate import DatabaseSchemaNewer, migrate, schema_state
from ragstone.kit.clock import SystemClock
from ragstone.testing.databases import postgres_database, sqlite_database


@pytest.fixture(params=["sqlite", "postgres"])
async def db(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A store of the test's own, whose schema it may change."""
    if request.param == "sqlite":
        async with sqlite_database(tmp_path) as database:
            yield database
        return
    async with postgres_database(await reachable_postgres(), tmp_path) as database:
        yield database


def load_all_tables() -> None:
    importlib.import_module("ragstone.db.outbox")
    for module in pkgutil.walk_packages(ragstone.features.__path__, "ragstone.features."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)


async def test_the_migrated_schema_is_the_declared_one(db: Database) -> None:
    load_all_tables()

    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with db.read_across_tenants() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_second_migration_finds_nothing_to_do(db: Database, tmp_path: Path) -> None:
    state = await migrate(db, SystemClock(), tmp_path)
    assert state.pending == ()
    assert state.current == state.head


async def test_starts_at_the_same_time_migrate_once(tmp_path: Path) -> None:
    async def start() -> tuple[str, ...]:
        async with Database.sqlite(tmp_path / "x.sqlite") as db:
            return (await migrate(db, SystemClock(), tmp_path)).pending

    assert sorted(map(bool, await asyncio.gather(*(asyncio.to_thread(asyncio.run, start()) for _ in range(3))))) == [
        False,
        False,
        True,
    ]


async def test_a_newer_schema_is_refused(db: Database, tmp_path: Path) -> None:
    async with db.migration() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseSchemaNewer) as caught:
        await schema_state(db)
    assert caught.value.facts["revision"] == "9999"
    with pytest.raises(DatabaseSchemaNewer):
        await migrate(db, SystemClock(), tmp_path)


async def test_a_snapshot_that_can_be_read_is_made_before_a_migration(tmp_path: Path) -> None:
    async with Database.sqlite(tmp_path / "x.sqlite") as db:
        await migrate(db, SystemClock(), tmp_path)
        async with db.transaction_across_tenants() as connection:
            await connection.execute(sa.text("CREATE TABLE kept (a INT)"))
    copy = migrate_module.snapshot(tmp_path / "x.sqlite", tmp_path / "snapshots", "0001", SystemClock())
    names = {row[0] for row in sqlite3.connect(copy).execute("SELECT name FROM sqlite_master")}
    assert {"kept", "documents", "alembic_version"} <= names


async def test_rebuilding_a_table_costs_no_row_of_the_tables_that_refer_to_it(db: Database) -> None:
    async with db.migration() as connection:
        await connection.execute(sa.text("CREATE TABLE parent (id INTEGER PRIMARY KEY, note VARCHAR(9))"))
        references = "REFERENCES parent (id) ON DELETE CASCADE"
        await connection.execute(sa.text(f"CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER {references})"))
        await connection.execute(sa.text("INSERT INTO parent VALUES (1, 'kept')"))
        await connection.execute(sa.text("INSERT INTO child VALUES (1, 1)"))

    def rebuild(connection: sa.Connection) -> None:
        with Operations(MigrationContext.configure(connection)).batch_alter_table("parent") as table:
            table.alter_column("note", type_=sa.String(20))

    async with db.migration() as connection:
        await connection.run_sync(rebuild)
    # On SQLite this is about ordinary transactions; on Postgres those may not touch a table that ragstone did not make.
    opened = db.transaction_across_tenants if db.is_sqlite else db.migration
    async with opened() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM child")) == 1
        await connection.execute(sa.text("DELETE FROM parent"))
        assert await connection.scalar(sa.text("SELECT count(*) FROM child")) == 0, "references are heeded again"
        await connection.execute(sa.text("DROP TABLE child"))
        await connection.execute(sa.text("DROP TABLE parent"))
