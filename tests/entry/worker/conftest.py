"""A whole runtime without a model, on each database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from ragstone.bootstrap import build
from ragstone.ports.runtime import Runtime
from ragstone.settings import DatabaseSettings, EmbeddingSettings, IngestionSettings, JobSettings, Settings


@pytest.fixture
async def runtime(postgres_url: str | None, tmp_path: Path) -> AsyncIterator[Runtime]:
    settings = Settings(
        data_dir=tmp_path / "data",
        database=DatabaseSettings(url=SecretStr(postgres_url) if postgres_url else None),
        embedding=EmbeddingSettings(provider="none"),
        ingestion=IngestionSettings(workers=1, batch_documents=8),
        jobs=JobSettings(time_slice_s=0.05),
    )
    async with build(settings) as runtime:
        yield runtime
