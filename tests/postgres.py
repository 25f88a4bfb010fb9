"""The Postgres the tests run on."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from ragstone.db.database import Database, DatabaseUnavailable
from ragstone.db.migrate import migrate
from ragstone.kit.clock import SystemClock
from ragstone.testing.databases import postgres_database_url

_URL = os.environ.get("RAGSTONE_TEST_POSTGRES_URL", "postgresql://root@127.0.0.1:5432/test")
_TIMEOUT_S = 3
_LEAVE: Final = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# Most tables are empty, and deleting from an empty one is quicker by far than truncating it.
_CLEAR: Final = sa.text("""
DO $$ DECLARE name text; BEGIN
SET LOCAL session_replication_role = replica;  -- No trigger and no reference stands in the way.
FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', name);
END LOOP; END $$
""")


async def reachable_postgres() -> str:
    """Its URL. One that is not there skips the test, except in CI, where that is a failure."""
    try:
        async with Database(_URL, timeout_s=_TIMEOUT_S) as server:
            await server.ping()
    except DatabaseUnavailable as problem:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Postgres at RAGSTONE_TEST_POSTGRES_URL: {problem}")
    return _URL


@contextlib.contextmanager
def new_postgres(*, is_migrated: bool) -> Iterator[str]:
    """The URL of a new database, dropped at the end. Not for inside an event loop."""
    with asyncio.Runner() as runner:
        database = postgres_database_url(runner.run(reachable_postgres()))
        url = runner.run(database.__aenter__())
        try:
            if is_migrated:
                runner.run(_migrate(url))
            yield url
        finally:
            runner.run(database.__aexit__(None, None, None))


async def clear_postgres(url: str) -> None:
    """Leave no row and no connection in a database; its tables stay."""
    async with Database(url) as db, db.transaction_across_tenants() as connection:
        await connection.execute(_LEAVE)
        await connection.execute(_CLEAR)


async def _migrate(url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Database(url) as db:
            await migrate(db, SystemClock(), Path(folder))
