"""The Postgres the tests run on."""

import os

import pytest

from ragstone.db.database import Database, DatabaseUnavailable

_URL = os.environ.get("RAGSTONE_TEST_POSTGRES_URL", "postgresql://root@127.0.0.1:5432/test")
_TIMEOUT_S = 3


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
