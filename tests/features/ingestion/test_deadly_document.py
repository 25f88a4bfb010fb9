"""A document that kills its worker each time is found, and fails alone."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.features.ingestion.dying_worker import DEADLY, DeadlyEmbedder, settings

from ragstone.bootstrap import build
from ragstone.features.accounts.first_start import ensure_first_administrator
from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.accounts.tables import tenants
from ragstone.features.collections.collection import CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.intake.draft import TextDraft
from ragstone.features.documents.intake.ingest import ingest
from ragstone.features.documents.list import DocumentQuery, list_documents
from ragstone.features.jobs.job import JobStatus
from ragstone.features.jobs.read import get_job
from ragstone.kit.scope import Scope

_ROOT = Path(__file__).parents[3]
_MOST_LIVES = 15


@pytest.mark.timeout(300)
async def test_a_document_that_kills_its_worker_fails_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    texts = {f"Text {n}": f"Pilchards keep in salt, barrel {n}." for n in range(30)} | {"Poison": f"It is {DEADLY}."}
    async with build(settings(folder)) as runtime:
        await ensure_first_administrator(runtime.db, runtime.clock, runtime.pepper, None)
        async with runtime.db.read_across_tenants() as connection:
            tenant = Scope(str(await connection.scalar(sa.select(tenants.c.id))), "tester", ALL_PERMISSIONS)
        made = await create_collection(runtime.db, DeadlyEmbedder(), runtime.clock, tenant, CollectionDraft("c"))
        drafts = [TextDraft(text, title) for title, text in sorted(texts.items())]
        job_id = (await ingest(runtime, tenant, made.id, drafts)).job.id

    command = [sys.executable, "-m", "tests.features.ingestion.dying_worker", str(folder)]
    lives = 0
    while (ended := await (await asyncio.create_subprocess_exec(*command, cwd=_ROOT)).wait()) != 0:
        assert ended == -signal.SIGKILL
        lives += 1
        assert lives < _MOST_LIVES

    async with build(settings(folder)) as runtime:
        job = await get_job(runtime.db, tenant, job_id)
        documents = (await list_documents(runtime.db, tenant, DocumentQuery(limit=100))).items
    assert job.status is JobStatus.FAILED
    assert job.last_error == {"code": "job_failed", "kind": "invalid", "facts": {"failed": 1, "total": 31}}
    failed = [document for document in documents if document.status is not DocumentStatus.READY]
    assert [document.title for document in failed] == ["Poison"]
    assert (failed[0].error or {})["code"] == "document_ended_worker"
