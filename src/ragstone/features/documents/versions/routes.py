"""Re-indexing over HTTP."""

from collections.abc import Sequence
from functools import partial

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from ragstone.features.accounts.routes import Caller, Locale, Once, Ports
from ragstone.features.documents.versions import reindex
from ragstone.features.jobs.job import Job
from ragstone.features.jobs.schemas import JobView

router = APIRouter(tags=["documents"])


class JobReceipt(BaseModel):
    """The job that will do it."""

    job: JobView


class JobReceipts(BaseModel):
    """The jobs that will do it."""

    jobs: list[JobView]


@router.post("/documents/{document_id}/reindex", status_code=202, response_model=JobReceipt)
async def reindex_document(
    ports: Ports, caller: Caller, locale: Locale, once: Once, document_id: str
) -> JobReceipt | Response:
    """Read a document again from its original. What it says now answers until that is done."""
    act = partial(reindex.reindex_document, ports, caller, document_id)
    return await once.answer(act, partial(_receipt, locale=locale), status=202)


@router.post("/collections/{collection_id}/reindex", status_code=202, response_model=JobReceipt)
async def reindex_collection(
    ports: Ports, caller: Caller, locale: Locale, once: Once, collection_id: str
) -> JobReceipt | Response:
    """Read everything in a collection again, in the background; what comes out the same stays as it is."""
    act = partial(reindex.reindex_collection, ports, caller, collection_id)
    return await once.answer(act, partial(_receipt, locale=locale), status=202)


@router.post("/reindex", status_code=202, response_model=JobReceipts)
async def reindex_everything(ports: Ports, caller: Caller, locale: Locale, once: Once) -> JobReceipts | Response:
    """Read every document again, by one job for each collection."""
    act = partial(reindex.reindex_everything, ports, caller)
    return await once.answer(act, partial(_receipts, locale=locale), status=202)


def _receipt(job: Job, locale: str) -> JobReceipt:
    return JobReceipt(job=JobView.of(job, locale))


def _receipts(jobs: Sequence[Job], locale: str) -> JobReceipts:
    return JobReceipts(jobs=[JobView.of(job, locale) for job in jobs])
