"""Store tests run on both engines. In CI a Postgres that is not there is a failure, not a reason to skip."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.postgres import reachable_postgres

from ragstone.db.database import Database
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.testing.databases import postgres_database, sqlite_database

settings.register_profile("ragstone", deadline=None)  # No test is decided by how busy a machine is.
settings.load_profile("ragstone")


@pytest.fixture(params=["sqlite", "postgres"])
async def db(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        async with sqlite_database(tmp_path) as database:
            yield database
        return
    async with postgres_database(await reachable_postgres(), tmp_path) as database:
        yield database


@pytest.fixture
def scope() -> Scope:
    return Scope(new_id("ten"), "tester", frozenset({"read", "write", "admin"}))


@pytest.fixture
def other_scope() -> Scope:
    return Scope(new_id("ten"), "stranger", frozenset({"read", "write", "admin"}))
