"""Store tests run on both engines. In CI a Postgres that is not there is a failure, not a reason to skip."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.postgres import clear_postgres, new_postgres

from ragstone.db.database import Database
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.testing.databases import sqlite_database

settings.register_profile("ragstone", deadline=None)  # No test is decided by how busy a machine is.
settings.load_profile("ragstone")

_LONGEST = ("tests/journeys/", "tests/crash/")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes go by the name of their argument: made files hold moments, and all workers must call a test the same."""
    return argname if isinstance(val, bytes) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, as many tests wait for a server to do something."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where tests run in several workers, those that share a server, or else a file, stay together.

    What takes longest comes first, so that no worker is left with it at the end.
    """
    if not hasattr(config, "workerinput"):
        return
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    file = item.nodeid.partition("::")[0]
    if "fuzzed_server" in params:
        return f"{file} on {params['fuzzed_server']}"
    return f"server on {params['server']}" if "server" in params else file


@pytest.fixture(scope="session")
def worker_postgres() -> Iterator[str]:
    """The URL of a database with the schema of today, in which the tests of one process take turns."""
    with new_postgres(is_migrated=True) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def postgres_url(request: pytest.FixtureRequest) -> str | None:
    """The URL of a database that holds nothing, or None where the test is to run on SQLite.

    It was not made for this test alone: a test that changes the schema makes one of its own.
    """
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("worker_postgres")
    asyncio.run(clear_postgres(url))
    return url


@pytest.fixture
async def db(postgres_url: str | None, tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(postgres_url) if postgres_url else sqlite_database(tmp_path) as database:
        yield database


@pytest.fixture
def scope() -> Scope:
    return Scope(new_id("ten"), "tester", frozenset({"read", "write", "admin"}))


@pytest.fixture
def other_scope() -> Scope:
    return Scope(new_id("ten"), "stranger", frozenset({"read", "write", "admin"}))
