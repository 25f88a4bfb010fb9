"""All jobs of a tenant as they move: one look at the table for everybody who watches the same tenant."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from ragstone.db.database import Database
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.jobs import store
from ragstone.features.jobs.job import FINAL, Job, JobStatus
from ragstone.features.jobs.look import look
from ragstone.features.jobs.standing import Patience, Standing
from ragstone.features.jobs.store import JobFilter
from ragstone.kit.clock import Clock
from ragstone.kit.problem import Problem
from ragstone.kit.scope import Scope

_POLL_S: Final = 0.5
_POLLS_PER_COUNT: Final = 20
_OVERLAP: Final = timedelta(seconds=5)  # A change may be committed later than another one that was made after it.
_REMEMBERED: Final = timedelta(minutes=5)
_MOST: Final = 1000
_NEAR: Final = 20
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """A job and how it stands. `number` grows with every change of any job."""

    number: int
    job: Job
    standing: Standing

    @property
    def visible(self) -> tuple[object, ...]:
        """What makes it worth telling: anything but a place far back in the queue."""
        job, stands = self.job, self.standing
        position = stands.position if stands.position is not None and stands.position <= _NEAR else None
        return (job.updated_at, job.status, stands.state, stands.waiting_for, position)


class JobFeeds:
    """The feeds of one process, each alive as long as somebody watches it."""

    def __init__(self, db: Database, clock: Clock, patience: Patience) -> None:
        self._db = db
        self._clock = clock
        self._patience = patience
        self._feeds: dict[str, _Feed] = {}

    async def watch(self, scope: Scope, since: datetime | None) -> AsyncGenerator[News, None]:
        """A tenant's jobs that are not over or ended lately, then each change; only what changed `since`, if given.

        Whoever takes them slowly gets only the last state of each job, so that nothing piles up.
        """
        require(scope, Permission.READ)
        feed = self._feeds.get(scope.tenant_id)
        if feed is None:
            whole = replace(scope, collection_ids=None)
            feed = self._feeds[scope.tenant_id] = _Feed(self._db, self._clock, self._patience, whole)
        feed.watchers += 1
        try:
            async for news in feed.follow():
                is_new = since is None or news.job.updated_at >= since
                if is_new and scope.may_see(news.job.collection_id):
                    yield news
        finally:
            feed.watchers -= 1
            if not feed.watchers:
                del self._feeds[scope.tenant_id]
                await feed.close()


class _Feed:
    """What is known of one tenant's jobs, kept up to date by a task of its own."""

    def __init__(self, db: Database, clock: Clock, patience: Patience, scope: Scope) -> None:
        self.watchers = 0
        self._db = db
        self._clock = clock
        self._patience = patience
        self._scope = scope
        self._known: dict[str, News] = {}
        self._number = 0
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._poll_forever())
        self._task.add_done_callback(lambda _: self._changed.set())

    async def follow(self) -> AsyncIterator[News]:
        """What is known, then each change."""
        seen = 0
        while True:
            changed = self._changed
            fresh = sorted((news for news in self._known.values() if news.number > seen), key=lambda news: news.number)
            for news in fresh:
                seen = news.number
                yield news
            if self._task.done():
                self._task.result()
            if not fresh:
                await changed.wait()

    async def close(self) -> None:
        """Look no more."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _poll_forever(self) -> None:
        since = self._clock.now() - _REMEMBERED
        for poll in itertools.count():
            try:
                jobs = await self._open() if poll % _POLLS_PER_COUNT == 0 else self._known_open()
                async with self._db.read(self._scope) as connection:
                    jobs = [*jobs, *await store.list_news(connection, self._scope, since, _MOST)]
                await self._learn({job.id: job for job in jobs}.values())
            except Problem as problem:
                _log.warning("jobs not seen", problem=problem.code, **problem.facts)
            since = max([since, *(news.job.updated_at - _OVERLAP for news in self._known.values())])
            await asyncio.sleep(_POLL_S)

    async def _open(self) -> list[Job]:
        """Jobs that are not over, counted anew: one whose input was lost has gone without a word."""
        open_ones = JobFilter((JobStatus.QUEUED, JobStatus.RUNNING))
        async with self._db.read(self._scope) as connection:
            found = list(await store.list_jobs(connection, self._scope, open_ones, None, _MOST))
        for gone in {job.id for job in self._known_open()} - {job.id for job in found}:
            del self._known[gone]
        return found

    def _known_open(self) -> list[Job]:
        return [news.job for news in self._known.values() if news.job.status not in FINAL]

    async def _learn(self, jobs: Iterable[Job]) -> None:
        """Number what has changed, and wake whoever waits for it; time alone may change how a job stands."""
        now = self._clock.now()
        told = list(jobs)
        before = self._number
        for job, standing in zip(told, await look(self._db, self._patience, self._scope, now, told), strict=True):
            news = News(self._number + 1, job, standing)
            known = self._known.get(job.id)
            if known is None or known.visible != news.visible:
                self._known[job.id] = news
                self._number += 1
        for news in list(self._known.values()):
            if news.job.status in FINAL and news.job.updated_at < now - _REMEMBERED:
                del self._known[news.job.id]
        if self._number != before:
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()
