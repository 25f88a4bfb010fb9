"""Two tenants who have the same of everything, and the same store as if the first had never been there."""

import importlib
import pkgutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

import ragstone
from ragstone.db.database import Database
from ragstone.db.metadata import metadata
from ragstone.db.migrate import migrate
from ragstone.kit.clock import SystemClock
from ragstone.kit.scope import Scope
from ragstone.ports.vectors import vector_bytes

NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
N_ROWS: Final = 4
FIRST, SECOND = "a", "b"
PERMISSIONS: Final = frozenset({"read", "write", "admin", "owner"})

_STATES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "collections": (
        {},
        {"next_generation": "gen_2", "next_dimensions": 2},
        {"deleted_at": NOW},
        {"generation_job_id": 3, "next_generation": "gen_2"},
    ),
    "documents": (
        {"status": "ready", "active_version_id": 0},
        {"status": "pending", "near_duplicate_of": 0},
        {"status": "ready", "deleted_at": NOW, "collection_id": 0},
        {"status": "ready", "active_version_id": 3, "external_id": None, "collection_id": 0},
    ),
    "versions": (
        {"status": "ready", "published_at": NOW},
        {"status": "pending", "job_id": 1},
        {"status": "superseded", "published_at": NOW},
        {"status": "ready", "published_at": NOW},
    ),
    "embeddings": ({}, {}, {"generation": "gen_9", "passage_sha256": "0" * 64}, {"generation": "gen_9"}),
    "jobs": (
        {"status": "succeeded", "finished_at": NOW, "attempt": 1},
        {"status": "queued", "payload": {"held": True}},
        {"status": "running", "lease_owner": "worker", "lease_expires_at": NOW},
        {"status": "queued", "kind": "documents.reindex", "payload": {"collection_id": 0, "after": ""}},
    ),
}
"""What tells the rows of a table apart. A number stands for the row of that number of the table it refers to."""

_REFERS: Final = {
    "document_id": "documents",
    "near_duplicate_of": "documents",
    "active_version_id": "versions",
    "version_id": "versions",
    "job_id": "jobs",
    "generation_job_id": "jobs",
    "in_hand": "documents",
    "collection_id": "collections",
}
_SHARED: Final = {
    "generation": "gen_1",
    "dimensions": 2,
    "chunking": {"strategy": "structure", "max_tokens": 100, "overlap_tokens": 0},
    "retrieval": {},
    "duplicates": "keep",
    "tags": [],
    "headings": [],
    "permissions": ["read"],
    "title_given": True,
    "cause": "upload",
    "ordinal": 0,
    "priority": 2,
    "attempt": 0,
    "title": "Title",
    "start_byte": 0,
    "end_byte": 4,
    "start_char": 0,
    "end_char": 4,
    "n_bytes": 4,
    "topic": "topic",
    "day": date(2026, 1, 2),
    "n_parts": 1,
    "role": "viewer",
    "language": None,
    "origin": None,
    "band": 7,
    "kind": "test",
}
"""What both tenants say alike, so that a forgotten condition finds the other's."""


def scope_of(who: str) -> Scope:
    """A tenant's caller who may do everything."""
    return Scope(f"ten_{who}", f"caller_{who}", PERMISSIONS)


def row_id(table: str, who: str, number: int) -> str:
    """The identifier of a row."""
    return f"{table}_{who}{number}"


def canary(who: str) -> bytes:
    """What only a tenant's own content says."""
    return f"only {who} says this".encode()


def rows_of(table: sa.Table, who: str) -> list[dict[str, Any]]:
    """A tenant's rows of a table."""
    states = _STATES.get(table.name, ({},) * N_ROWS)
    counted = table.autoincrement_column
    columns = [column for column in table.c if column is not counted]
    rows = [{column.name: _value(table, column, who, n, state) for column in columns} for n, state in enumerate(states)]
    keys = [column.name for column in table.primary_key if column is not counted] or ["id"]
    return list({tuple(row[key] for key in keys): row for row in rows}.values())


def _value(table: sa.Table, column: sa.Column[Any], who: str, number: int, state: dict[str, Any]) -> Any:
    name, given = column.name, state.get(column.name)
    target = _target(column) or _REFERS.get(name)
    if name == "tenant_id" or target == "tenants":
        return f"ten_{who}"
    if name == "payload" and given:
        return {key: row_id("collections", who, 0) if key == "collection_id" else item for key, item in given.items()}
    if isinstance(given, int) and target:
        return row_id(target, who, given)
    if name in state:
        return given
    if target and (column.foreign_keys or not column.nullable):
        return row_id(target, who, 0 if target == "collections" and table.name != "collections" else number)
    return _plain_value(column, who, number)


def _target(column: sa.Column[Any]) -> str | None:
    """The table a foreign key leads to in the end."""
    for key in column.foreign_keys:
        return _target(key.column) or key.column.table.name
    return None


def _plain_value(column: sa.Column[Any], who: str, number: int) -> Any:
    name = column.name
    alike: dict[str, Any] = {
        **_SHARED,
        "external_id": f"same {number}",
        "collections.name": f"same {number}",
        "number": number + 1,
        **dict.fromkeys(("source_sha256", "record_sha256"), f"{number}" * 64),
        "passage_sha256": (who if number == N_ROWS - 1 else f"{number}") * 64,
        "vector": vector_bytes(np.array([1.0, 0.0] if who == FIRST else [0.0, 1.0], dtype=np.float32)),
        "blob_key": f"ten_{who}/{column.table.name}.{number}",
        "id": f"ten_{who}" if column.table.name == "tenants" else row_id(column.table.name, who, number),
    }
    for key in (f"{column.table.name}.{name}", name):
        if key in alike:
            return alike[key]
    if name in {"content", "text", "sealed", "body"}:
        return canary(who) if isinstance(column.type, sa.LargeBinary) else canary(who).decode()
    return None if column.nullable else _by_type(column, who, number)


def _by_type(column: sa.Column[Any], who: str, number: int) -> Any:
    kinds: tuple[tuple[Any, Any], ...] = (
        (sa.Boolean, False),
        (sa.Integer, 0),
        (sa.Float, 1.0),
        (sa.JSON, {}),
        (sa.LargeBinary, canary(who)),
        (sa.Date, date(2026, 1, 2)),
        (sa.String, f"{column.table.name}.{column.name}_{who}{number}"[:200]),
    )
    for kind, value in kinds:
        if isinstance(column.type, kind):
            return value
    return NOW


def all_tables() -> list[sa.Table]:
    """The tables of all slices, those that others refer to first."""
    for info in pkgutil.walk_packages(ragstone.__path__, "ragstone."):
        if info.name.endswith(("tables", "store", "outbox")):
            importlib.import_module(info.name)
    return metadata.sorted_tables


async def make_world(folder: Path) -> tuple[Path, Path]:
    """A store with both tenants, and one with the second alone."""
    tables = all_tables()
    both, alone = folder / "both.sqlite", folder / "alone.sqlite"
    async with Database.sqlite(both) as db:
        await migrate(db, SystemClock(), folder)
        async with db.migration() as connection:
            for who in (FIRST, SECOND):
                for table in tables:
                    await connection.execute(sa.insert(table), rows_of(table, who))
    copy_of(both, alone)
    async with Database.sqlite(alone) as db, db.migration() as connection:
        for table in reversed(tables):
            await connection.execute(sa.delete(table).where(_is_of(table, FIRST)))
    return both, alone


def _is_of(table: sa.Table, who: str) -> sa.ColumnElement[bool]:
    if "tenant_id" in table.c:
        return table.c.tenant_id == f"ten_{who}"
    return sa.or_(*(column.like(f"%\\_{who}_", escape="\\") for column in table.primary_key), sa.false())


def contents(connection: sa.Connection, who: str) -> dict[str, list[str]]:
    """All rows of a tenant, by table."""
    return {
        table.name: sorted(map(repr, connection.execute(sa.select(table).where(_is_of(table, who)))))
        for table in metadata.sorted_tables
        if "tenant_id" in table.c
    }


def copy_of(path: Path, target: Path) -> Path:
    """The same store in another file."""
    with closing(sqlite3.connect(path)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)
    return target
