"""Jobs over HTTP."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import StreamingResponse

from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.routes import Caller, Closing, Locale, Ports
from ragstone.features.jobs import cancel as cancel_case
from ragstone.features.jobs import read
from ragstone.features.jobs import retry as retry_case
from ragstone.features.jobs.feed import JobFeeds
from ragstone.features.jobs.job import Job
from ragstone.features.jobs.look import look, patience_of
from ragstone.features.jobs.schemas import JobPage, JobQuery, JobView
from ragstone.features.jobs.watch import iter_standings
from ragstone.kit import sse
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

router = APIRouter(prefix="/jobs", tags=["jobs"])


def feeds_of(request: Request) -> JobFeeds:
    """The feeds of this process."""
    feeds: JobFeeds = request.app.state.job_feeds
    return feeds


Feeds = Annotated[JobFeeds, Depends(feeds_of)]


@router.get("")
async def list_jobs(
    ports: Ports,
    caller: Caller,
    locale: Locale,
    wanted: Annotated[JobQuery, Query()],
) -> JobPage:
    """Jobs, newest first."""
    page = await read.list_jobs(
        ports.db, caller, statuses=wanted.status, kind=wanted.kind, cursor=wanted.cursor, limit=wanted.limit
    )
    return JobPage(items=await _views(ports, caller, locale, page.items), next_cursor=page.next_cursor)


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {sse.MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "`job` events."}},
)
async def watch_jobs(
    feeds: Feeds,
    caller: Caller,
    locale: Locale,
    closing: Closing,
    last_event_id: Annotated[datetime | None, Header()] = None,
) -> StreamingResponse:
    """All jobs that are not over or ended in the last minutes, then each change, as server-sent events named `job`.

    Each has an id; sent as `Last-Event-ID` by a client that comes back, it leaves out what the client has seen.
    """
    require(caller, Permission.READ)

    async def events() -> AsyncIterator[sse.SentEvent]:
        async with contextlib.aclosing(feeds.watch(caller, last_event_id)) as all_news:
            async for news in all_news:
                view = JobView.of(news.job, locale, news.standing)
                yield sse.SentEvent("job", view.model_dump(mode="json"), news.job.updated_at.isoformat())

    return StreamingResponse(sse.stream(events(), closing=closing), media_type=sse.MEDIA_TYPE)


@router.get("/{job_id}")
async def get_job(ports: Ports, caller: Caller, locale: Locale, job_id: str) -> JobView:
    """One job."""
    return await _view(ports, caller, locale, await read.get_job(ports.db, caller, job_id))


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {sse.MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "`job` events."}},
)
async def watch_job(ports: Ports, caller: Caller, locale: Locale, closing: Closing, job_id: str) -> StreamingResponse:
    """The job now and after each change, as server-sent events named `job`, until it is over."""
    await read.get_job(ports.db, caller, job_id)

    async def events() -> AsyncIterator[sse.SentEvent]:
        patience = patience_of(ports.settings)
        async for job, standing in iter_standings(ports.db, ports.clock, patience, caller, job_id):
            yield sse.SentEvent("job", JobView.of(job, locale, standing).model_dump(mode="json"))

    return StreamingResponse(sse.stream(events(), closing=closing), media_type=sse.MEDIA_TYPE)


@router.post("/{job_id}/cancel", status_code=202)
async def cancel_job(ports: Ports, caller: Caller, locale: Locale, job_id: str) -> JobView:
    """Ask for a job to be stopped."""
    job = await cancel_case.cancel(ports.db, ports.queue, ports.clock, caller, job_id)
    return await _view(ports, caller, locale, job)


@router.post("/{job_id}/retry", status_code=202)
async def retry_job(ports: Ports, caller: Caller, locale: Locale, job_id: str) -> JobView:
    """Try a failed or cancelled job again, or at once one that waits for its next attempt."""
    job = await retry_case.retry(ports.db, ports.queue, ports.clock, caller, job_id)
    return await _view(ports, caller, locale, job)


async def _view(ports: Runtime, caller: Scope, locale: str, job: Job) -> JobView:
    (view,) = await _views(ports, caller, locale, [job])
    return view


async def _views(ports: Runtime, caller: Scope, locale: str, jobs: Sequence[Job]) -> list[JobView]:
    standings = await look(ports.db, patience_of(ports.settings), caller, ports.clock.now(), jobs)
    return [JobView.of(job, locale, standing) for job, standing in zip(jobs, standings, strict=True)]
