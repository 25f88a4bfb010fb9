"""Jobs over HTTP."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from ragstone.features.accounts.routes import Caller, Locale, Ports
from ragstone.features.jobs import cancel as cancel_case
from ragstone.features.jobs import read
from ragstone.features.jobs import retry as retry_case
from ragstone.features.jobs.job import JobStatus
from ragstone.features.jobs.schemas import JobPage, JobView
from ragstone.features.jobs.watch import iter_states
from ragstone.kit import sse

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get("")
async def list_jobs(
    ports: Ports,
    caller: Caller,
    locale: Locale,
    status: JobStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: str | None = None,
) -> JobPage:
    """Jobs, newest first."""
    page = await read.list_jobs(ports.db, caller, status=status, cursor=cursor, limit=limit)
    return JobPage(items=[JobView.of(job, locale) for job in page.items], next_cursor=page.next_cursor)


@router.get("/{job_id}")
async def get_job(ports: Ports, caller: Caller, locale: Locale, job_id: str) -> JobView:
    """One job."""
    return JobView.of(await read.get_job(ports.db, caller, job_id), locale)


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {sse.MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "`job` events."}},
)
async def watch_job(ports: Ports, caller: Caller, locale: Locale, job_id: str) -> StreamingResponse:
    """The job now and after each change, as server-sent events named `job`, until it is over."""
    await read.get_job(ports.db, caller, job_id)

    async def events() -> AsyncIterator[sse.SentEvent]:
        async for job in iter_states(ports.db, caller, job_id):
            yield sse.SentEvent("job", JobView.of(job, locale).model_dump(mode="json"))

    return StreamingResponse(sse.stream(events()), media_type=sse.MEDIA_TYPE)


@router.post("/{job_id}/cancel", status_code=202)
async def cancel_job(ports: Ports, caller: Caller, locale: Locale, job_id: str) -> JobView:
    """Ask for a job to be stopped."""
    return JobView.of(await cancel_case.cancel(ports.db, ports.queue, ports.clock, caller, job_id), locale)


@router.post("/{job_id}/retry", status_code=202)
async def retry_job(ports: Ports, caller: Caller, locale: Locale, job_id: str) -> JobView:
    """Try a failed or cancelled job again."""
    return JobView.of(await retry_case.retry(ports.db, ports.queue, ports.clock, caller, job_id), locale)
