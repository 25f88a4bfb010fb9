"""Brings the store's schema up to date: once, under a lock, with a snapshot first, or not at all."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.db.planner import expect_large_tables
from ragstone.kit.clock import Clock
from ragstone.kit.problem import Kind, Problem

_ADVISORY_LOCK: Final = 7_261_677_374  # Any number will do, as long as every ragstone takes the same.


class DatabaseSchemaNewer(Problem):
    """The store was written by a newer ragstone, whose tables this one does not know."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "database_schema_newer"


class SnapshotFailed(Problem):
    """The copy made before a migration is not sound, so nothing was migrated."""

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "snapshot_failed"


@dataclass(frozen=True, slots=True)
class SchemaState:
    """The revision a store is at (None: empty), the newest one known, and those in between, oldest first."""

    current: str | None
    head: str
    pending: tuple[str, ...]


async def schema_state(db: Database) -> SchemaState:
    """Where the store stands. Raises `DatabaseSchemaNewer`."""
    async with db.read_across_tenants() as connection:
        current = await connection.run_sync(_current_revision)
    return _state(current)


async def migrate(db: Database, clock: Clock, data_dir: Path) -> SchemaState:
    """Run what is pending, in one transaction; the state it began with.

    Only one process migrates at a time; the others wait and find nothing to do. Raises `DatabaseSchemaNewer`,
    `SnapshotFailed`.
    """
    with _one_at_a_time(data_dir):
        before = await schema_state(db)
        if before.pending and before.current is not None and db.is_sqlite:
            snapshot(Path(db.url.database or ""), data_dir / "snapshots", before.current, clock)
        if before.pending:
            async with db.migration() as connection:
                await _lock(connection)
                await connection.run_sync(_upgrade)
                await expect_large_tables(connection)
        await db.secure()
    return before


def _state(current: str | None) -> SchemaState:
    script = ScriptDirectory.from_config(_config())
    known = [revision.revision for revision in script.walk_revisions()][::-1]
    if current is not None and current not in known:
        raise DatabaseSchemaNewer(revision=current, newest_known=known[-1])
    pending = known if current is None else known[known.index(current) + 1 :]
    return SchemaState(current, known[-1], tuple(pending))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "ragstone:migrations")
    return config


def _current_revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: sa.Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def _lock(connection: AsyncConnection) -> None:
    """On Postgres several machines may start at once. On SQLite the write transaction is the lock."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))


@contextmanager
def _one_at_a_time(data_dir: Path) -> Iterator[None]:
    with (data_dir / "migrate.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def snapshot(source: Path, folder: Path, revision: str, clock: Clock) -> Path:
    """Copy the database while others may read it, and check the copy."""
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{clock.now():%Y%m%dT%H%M%SZ}-{revision}.sqlite"
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise SnapshotFailed(path=str(target), reason=verdict)
    return target
