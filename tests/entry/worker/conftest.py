"""A whole runtime without a model, on each database."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from ragstone.bootstrap import build
from ragstone.db.database import Database, DatabaseUnavailable
from ragstone.ports.runtime import Runtime
from ragstone.settings import DatabaseSettings, EmbeddingSettings, IngestionSettings, JobSettings, Settings
from ragstone.testing.databases import postgres_database_url

POSTGRES_URL = os.environ.get("RAGSTONE_TEST_POSTGRES_URL", "postgresql://root@127.0.0.1:5432/test")


@pytest.fixture(params=["sqlite", "postgres"])
async def runtime(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with AsyncExitStack() as stack:
        database = DatabaseSettings()
        if request.param == "postgres":
            url = await stack.enter_async_context(postgres_database_url(await _reachable()))
            database = DatabaseSettings(url=SecretStr(url))
        settings = Settings(
            data_dir=tmp_path / "data",
            database=database,
            embedding=EmbeddingSettings(provider="none"),
            ingestion=IngestionSettings(workers=1, batch_documents=8),
            jobs=JobSettings(time_slice_s=0.05),
        )
        yield await stack.enter_async_context(build(settings))


async def _reachable() -> str:
    """In CI a Postgres that is not there is a failure, not a reason to skip."""
    try:
        async with Database(POSTGRES_URL, timeout_s=3) as server:
            await server.ping()
    except DatabaseUnavailable as problem:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Postgres at RAGSTONE_TEST_POSTGRES_URL: {problem}")
    return POSTGRES_URL
