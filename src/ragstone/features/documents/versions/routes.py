"""Re-indexing and merging over HTTP."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from starlette.responses import Response

from ragstone.features.accounts.routes import Caller, Locale, Once, Ports
from ragstone.features.documents.schemas import DocumentView
from ragstone.features.documents.versions import reindex
from ragstone.features.documents.versions.merge import MergeOrder, MergeReceipt, merge
from ragstone.features.jobs.job import Job
from ragstone.features.jobs.schemas import JobView

router = APIRouter(tags=["documents"])


class JobReceipt(BaseModel):
    """The job that will do it."""

    job: JobView


class JobReceipts(BaseModel):
    """The jobs that will do it."""

    jobs: list[JobView]


class MergeRequest(BaseModel):
    """Documents of one collection that are to become one."""

    model_config = ConfigDict(extra="forbid")

    document_ids: list[Annotated[str, StringConstraints(max_length=40)]] = Field(
        min_length=2, max_length=100, description="In the order in which they are to stand, each once."
    )
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    delete_sources: bool = Field(default=True, description="Whether the merged document takes the place of the others.")

    @field_validator("document_ids")
    @classmethod
    def _each_once(cls, value: list[str]) -> list[str]:
        if len(set(value)) != len(value):
            raise ValueError("a document is named twice")
        return value

    def order(self) -> MergeOrder:
        """As the use case takes it."""
        return MergeOrder(tuple(self.document_ids), self.title, self.delete_sources)


class MergeView(BaseModel):
    """The document that is going to be, and the job that reads it."""

    document: DocumentView
    job: JobView


@router.post("/documents/merge", status_code=202, response_model=MergeView)
async def merge_documents(
    ports: Ports, caller: Caller, locale: Locale, once: Once, body: MergeRequest
) -> MergeView | Response:
    """Make one document of several, each under its title. They answer until the new one does; then it alone."""
    act = partial(merge, ports, caller, body.order())
    return await once.answer(act, partial(_merge_view, locale=locale), status=202)


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


def _merge_view(receipt: MergeReceipt, locale: str) -> MergeView:
    return MergeView(document=DocumentView.of(receipt.document, locale), job=JobView.of(receipt.job, locale))


def _receipt(job: Job, locale: str) -> JobReceipt:
    return JobReceipt(job=JobView.of(job, locale))


def _receipts(jobs: Sequence[Job], locale: str) -> JobReceipts:
    return JobReceipts(jobs=[JobView.of(job, locale) for job in jobs])
