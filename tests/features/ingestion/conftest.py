"""A whole server without its network: tiny real models, on each of the databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from tests.tiny_model import write_tiny_model

from ragstone.bootstrap import build
from ragstone.features.accounts.first_start import ensure_first_administrator
from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.accounts.tables import tenants
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime
from ragstone.settings import DatabaseSettings, EmbeddingSettings, Settings


@pytest.fixture
def settings(postgres_url: str | None, tmp_path: Path) -> Settings:
    """A server with the models `small` (16 dimensions, its default), `large` (32) and `other` (16, other weights)."""
    small, large, other = (
        EmbeddingSettings(model=name, weights_dir=write_tiny_model(tmp_path / name, size, seed))
        for name, size, seed in (("small", 16, 7), ("large", 32, 8), ("other", 16, 9))
    )
    base = Settings(data_dir=tmp_path / "data", embedding=small, embedders={"large": large, "other": other})
    if postgres_url is None:
        return base
    return base.model_copy(update={"database": DatabaseSettings(url=SecretStr(postgres_url))})


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    async with build(settings) as runtime:
        yield runtime


@pytest.fixture
async def tenant(runtime: Runtime) -> Scope:
    await ensure_first_administrator(runtime.db, runtime.clock, runtime.pepper, None)
    async with runtime.db.read_across_tenants() as connection:
        tenant_id = await connection.scalar(sa.select(tenants.c.id))
    return Scope(str(tenant_id), "tester", ALL_PERMISSIONS)
