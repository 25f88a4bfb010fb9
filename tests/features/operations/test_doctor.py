"""The doctor finds what was broken on purpose, mends what can be mended, and says so of the rest."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from ragstone.bootstrap import build
from ragstone.entry.worker.supervise import background
from ragstone.features.accounts.first_start import ensure_first_administrator
from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.accounts.tables import tenants
from ragstone.features.collections.collection import Collection, CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.intake.draft import IncomingFile, Label, TextDraft
from ragstone.features.documents.intake.ingest import ingest
from ragstone.features.documents.intake.upload import upload
from ragstone.features.documents.tables import documents, version_texts, versions
from ragstone.features.jobs.watch import iter_states
from ragstone.features.operations.doctor.examine import examine
from ragstone.features.operations.doctor.findings import FindingKind
from ragstone.features.operations.doctor.repair import repair
from ragstone.features.search.find import find
from ragstone.features.search.result import Mode, SearchRequest
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexPoint, IndexSpace
from ragstone.ports.vectors import SparseVector
from ragstone.settings import EmbeddingSettings, Settings


async def one(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def files() -> AsyncIterator[IncomingFile]:
    yield IncomingFile("a.md", one(b"# Winch\n\nThe winch is oiled every Monday."))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", embedding=EmbeddingSettings(provider="none"))


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


@pytest.fixture
async def collection(runtime: Runtime, tenant: Scope) -> Collection:
    """One uploaded file and one text, both ready."""
    made = await create_collection(runtime.db, None, runtime.clock, tenant, CollectionDraft("c"))
    async with background(runtime, alone=True):
        uploaded = await upload(runtime, tenant, made.id, files(), Label())
        written = await ingest(runtime, tenant, made.id, [TextDraft("The lamp is lit at dusk.", "Lamp")])
        for receipt in (uploaded, written):
            assert [job.status async for job in iter_states(runtime.db, tenant, receipt.job.id)][-1] == "succeeded"
    return made


async def found(runtime: Runtime, tenant: Scope, query: str) -> list[str]:
    outcome = await find(runtime, tenant, SearchRequest(query, mode=Mode.LEXICAL))
    return [hit.found.document_title for hit in outcome.hits]


@pytest.mark.usefixtures("collection")
async def test_a_sound_store_is_clean_and_everything_was_looked_at(runtime: Runtime) -> None:
    report = await examine(runtime)
    assert report.is_clean
    assert report.counts == {"documents": 2, "chunks": 2, "embeddings": 0, "points": 2, "texts": 2, "blobs": 1}


async def test_a_lost_index_is_built_again_from_the_store(settings: Settings) -> None:
    async with build(settings) as runtime:
        await ensure_first_administrator(runtime.db, runtime.clock, runtime.pepper, None)
        async with runtime.db.read_across_tenants() as connection:
            tenant_id = str(await connection.scalar(sa.select(tenants.c.id)))
        tenant = Scope(tenant_id, "tester", ALL_PERMISSIONS)
        async with background(runtime, alone=True):
            receipt = await ingest(runtime, tenant, None, [TextDraft("The lamp is lit at dusk.", "Lamp")])
            assert [job.status async for job in iter_states(runtime.db, tenant, receipt.job.id)][-1] == "succeeded"
        for space in await runtime.index.list_spaces():
            await runtime.index.drop(space)
        assert await found(runtime, tenant, "lamp") == []
        broken = await examine(runtime)
        assert broken.by_kind() == {FindingKind.INDEX_POINT_MISSING: 1}
        assert (await repair(runtime, broken)).is_clean
        assert await found(runtime, tenant, "lamp") == ["Lamp"]


async def test_points_and_spaces_nobody_owns_are_removed(
    runtime: Runtime, tenant: Scope, collection: Collection
) -> None:
    point = IndexPoint(
        "00000000-0000-5000-8000-000000000000",
        None,
        SparseVector((1,), (1.0,)),
        {"document_id": "d", "version_id": "v"},
    )
    foreign = IndexSpace("ten_gone", "gen_gone", 2)
    await runtime.index.upsert(collection.space, [point])
    await runtime.index.upsert(foreign, [replace(point, dense=np.array([1, 0], np.float32))])
    broken = await examine(runtime)
    assert broken.by_kind() == {FindingKind.INDEX_POINT_ORPHANED: 1, FindingKind.INDEX_SPACE_ORPHANED: 1}
    assert (await repair(runtime, broken)).is_clean
    assert await found(runtime, tenant, "winch") == ["Winch"]


@pytest.mark.usefixtures("collection")
async def test_a_blob_nobody_owns_is_removed(runtime: Runtime) -> None:
    await runtime.blobs.put("ten_gone/ver_gone", one(b"left behind"))
    broken = await examine(runtime)
    assert [dict(finding.detail) for finding in broken.findings] == [{"blob_key": "ten_gone/ver_gone"}]
    assert (await repair(runtime, broken)).is_clean


@pytest.mark.usefixtures("collection")
async def test_lost_bytes_are_reported_and_never_papered_over(runtime: Runtime, settings: Settings) -> None:
    (blob,) = [path for path in (settings.data_dir / "blobs").rglob("*") if path.is_file()]
    blob.write_bytes(b"changed")
    async with runtime.db.transaction_across_tenants() as connection:
        await connection.execute(sa.update(version_texts).values(content=b"changed"))
    broken = await examine(runtime)
    assert broken.by_kind() == {FindingKind.BLOB_DAMAGED: 1, FindingKind.TEXT_DAMAGED: 2}
    assert (await repair(runtime, broken)).by_kind() == broken.by_kind()
    shutil.rmtree(blob.parent)
    assert (await examine(runtime)).by_kind()[FindingKind.BLOB_MISSING] == 1


@pytest.mark.usefixtures("collection")
async def test_a_version_whose_job_is_over_is_given_up(runtime: Runtime) -> None:
    async with runtime.db.transaction_across_tenants() as connection:
        stuck = sa.select(versions.c.id).order_by(versions.c.id).limit(1).scalar_subquery()
        await connection.execute(
            sa.update(versions)
            .where(versions.c.id == stuck)
            .values(status=DocumentStatus.PENDING, job_id=new_id("job"))
        )
    broken = await examine(runtime)
    assert broken.by_kind() == {FindingKind.VERSION_STUCK: 1}
    assert (await repair(runtime, broken)).is_clean


async def test_a_deletion_that_was_forgotten_is_taken_up(runtime: Runtime, collection: Collection) -> None:
    async with runtime.db.transaction_across_tenants() as connection:
        await connection.execute(sa.update(documents).values(deleted_at=runtime.clock.now()))
    broken = await examine(runtime)
    assert broken.by_kind() == {FindingKind.INDEX_POINT_ORPHANED: 2, FindingKind.DELETION_STUCK: 1}
    left = await repair(runtime, broken)
    assert left.is_clean
    async with background(runtime, alone=True), runtime.db.read_across_tenants() as connection:
        async for _ in iter_states(
            runtime.db, Scope(collection.tenant_id, "t", ALL_PERMISSIONS), await purge_job(runtime)
        ):
            pass
        assert await connection.scalar(sa.select(sa.func.count()).select_from(documents)) == 0
    assert "blobs" not in (await examine(runtime)).counts


async def purge_job(runtime: Runtime) -> str:
    """The job that `repair` queued."""
    async with runtime.db.read_across_tenants() as connection:
        return str(await connection.scalar(sa.text("SELECT id FROM jobs WHERE kind = 'documents.purge'")))
