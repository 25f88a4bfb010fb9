"""A whole runtime without a model, on each database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.postgres import reachable_postgres

from ragstone.bootstrap import build
from ragstone.ports.runtime import Runtime
from ragstone.settings import DatabaseSettings, EmbeddingSettings, IngestionSettings, JobSettings, Settings
from ragstone.testing.databases import postgres_database_url


@pytest.fixture(params=["sqlite", "postgres"])
async def runtime(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with AsyncExitStack() as stack:
        database = DatabaseSettings()
        if request.param == "postgres":
            url = await stack.enter_async_context(postgres_database_url(await reachable_postgres()))
            database = DatabaseSettings(url=SecretStr(url))
        settings = Settings(
            data_dir=tmp_path / "data",
            database=database,
            embedding=EmbeddingSettings(provider="none"),
            ingestion=IngestionSettings(workers=1, batch_documents=8),
            jobs=JobSettings(time_slice_s=0.05),
        )
        yield await stack.enter_async_context(build(settings))
