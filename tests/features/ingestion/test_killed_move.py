"""A move that is killed anywhere goes on where it was, and ends as if nothing had happened."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.features.ingestion.moving_worker import Fate, settings, with_models
from tests.features.ingestion.steps import rows, search, write

from ragstone.bootstrap import build
from ragstone.entry.worker.supervise import background
from ragstone.features.accounts.first_start import ensure_first_administrator
from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.accounts.tables import tenants
from ragstone.features.collections.collection import CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.collections.read import get_collection
from ragstone.features.documents.tables import embedding_usage
from ragstone.features.ingestion.generations.begin import move
from ragstone.features.jobs.job import JobStatus
from ragstone.features.jobs.read import get_job
from ragstone.features.operations.doctor.examine import examine
from ragstone.features.search.result import Mode
from ragstone.kit.scope import Scope

_ROOT = Path(__file__).parents[3]
_DOCUMENTS = 150
_FATES = ("embed:2", "upsert:1", "embed:1", "upsert:2", "scan:1")


@pytest.mark.timeout(300)
async def test_a_move_killed_again_and_again_ends_whole_and_embeds_nothing_twice(tmp_path: Path) -> None:
    folder, calm = tmp_path / "data", Fate("", 0)
    async with build(settings(folder)) as built:
        runtime = with_models(built, calm)
        await ensure_first_administrator(runtime.db, runtime.clock, runtime.pepper, None)
        async with runtime.db.read_across_tenants() as connection:
            tenant = Scope(str(await connection.scalar(sa.select(tenants.c.id))), "tester", ALL_PERMISSIONS)
        made = await create_collection(runtime.db, runtime.embedder, runtime.clock, tenant, CollectionDraft("c"))
        async with background(runtime, alone=True):
            await write(runtime, tenant, made.id, *(f"Barrel {n} holds tar." for n in range(_DOCUMENTS)))
        job_id = (await move(runtime, tenant, made.id, "large")).id

    endings = []
    for fate in (*_FATES, "none:0"):
        command = [sys.executable, "-m", "tests.features.ingestion.moving_worker", str(folder), fate]
        endings.append(await (await asyncio.create_subprocess_exec(*command, cwd=_ROOT)).wait())
    assert endings == [-signal.SIGKILL] * len(_FATES) + [0], "each fate was met while the move was on"

    async with build(settings(folder)) as built:
        runtime = with_models(built, calm)
        assert (await get_job(runtime.db, tenant, job_id)).status is JobStatus.SUCCEEDED
        after = await get_collection(runtime.db, tenant, made.id)
        assert (after.embedding_model, after.dimensions, after.previous_dimensions) == ("large", 1536, 384)
        assert await runtime.index.count(after.space) == _DOCUMENTS
        used = await rows(runtime, sa.select(embedding_usage.c.model, embedding_usage.c.n_texts))
        assert sorted(used) == [("large", _DOCUMENTS), ("small", _DOCUMENTS)]
        outcome = await search(runtime, tenant, "barrel 7", Mode.DENSE)
        assert "Barrel 7 holds tar." in {hit.found.chunk.text for hit in outcome.hits}
        assert (await examine(runtime)).is_clean
