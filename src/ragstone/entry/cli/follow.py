"""Follow jobs until they are over: with a bar for some of them together, or a live table of all there are.

Jobs are polled, because a server in this process cannot stream.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.console import RenderableType
from rich.live import Live
from rich.progress import MofNCompleteColumn, ProgressColumn, Task
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ragstone.entry.cli.api import Api, ProblemReceived
from ragstone.entry.cli.screen import Screen, plain
from ragstone.features.jobs.job import FINAL, JobNotFound, JobStatus
from ragstone.features.jobs.standing import JobState

_POLL_S: Final = 0.25
_TABLE_POLL_S: Final = 0.5
_MOST: Final = 100
_BAR_WIDTH: Final = 20

JobView = dict[str, Any]


async def follow(api: Api, job_ids: Sequence[str], screen: Screen) -> list[JobView]:
    """The jobs as they ended."""
    jobs: dict[str, JobView] = {}
    with screen.progress(MofNCompleteColumn(), Rate()) as progress:
        bar = progress.add_task("queued", total=None)
        while True:
            for job_id in job_ids:
                if job_id not in jobs or not _is_over(jobs[job_id]):
                    jobs[job_id] = await api.get(f"/jobs/{job_id}")
            done, total = (sum(job["progress"][name] for job in jobs.values()) for name in ("done", "total"))
            progress.update(bar, description=_stage(jobs.values()), completed=done, total=total)
            if all(map(_is_over, jobs.values())):
                return list(jobs.values())
            await asyncio.sleep(_POLL_S)


async def follow_all(api: Api, screen: Screen) -> list[JobView]:
    """All jobs that are not over, in a live table (through a pipe, a line for each change), until all of them are.

    The jobs as they ended, of those that were seen open.
    """
    jobs: dict[str, JobView] = {}
    with Live(console=screen.err, auto_refresh=False, transient=True) as live:
        while True:
            changed = await _look_again(api, jobs)
            if screen.err.is_terminal:
                live.update(_table(jobs.values()), refresh=True)
            else:
                for job in changed:
                    screen.note(f"{job['id']} {job['kind']} {describe(job)}")
            if all(map(_is_over, jobs.values())):
                return list(jobs.values())
            await asyncio.sleep(_TABLE_POLL_S)


def has_succeeded(job: JobView) -> bool:
    """Whether a job ended well."""
    return bool(job["status"] == JobStatus.SUCCEEDED)


def describe(job: JobView) -> str:
    """How a job stands, in a few words: what is being done and how far, or what it waits for."""
    progress, state = job["progress"], job["state"]
    if state == JobState.RUNNING:
        return f"{progress['stage'] or state} {progress['done']}/{progress['total']}"
    if state == JobState.RETRYING:
        return f"{state} at {job['next_attempt_at']}: {job['last_error']['detail']}"
    if state == JobState.STARVED:
        return f"{state}, waits for a {job['waiting_for']}"
    if job["position"]:
        return f"{state}, {job['position']} before it"
    return str(state)


async def _look_again(api: Api, jobs: dict[str, JobView]) -> list[JobView]:
    """Bring the jobs up to date; those that look different now. One that is gone lost its input before it began."""
    open_now = await api.get("/jobs", status=[JobStatus.QUEUED, JobStatus.RUNNING], limit=_MOST)
    seen = {job["id"]: job for job in open_now["items"]}
    for job_id in [job_id for job_id, job in jobs.items() if not _is_over(job) and job_id not in seen]:
        try:
            seen[job_id] = await api.get(f"/jobs/{job_id}")
        except ProblemReceived as problem:
            if problem.body["code"] != JobNotFound.code:
                raise
            del jobs[job_id]
    changed = [job for job_id, job in seen.items() if job_id not in jobs or describe(jobs[job_id]) != describe(job)]
    jobs.update(seen)
    return changed


def _is_over(job: JobView) -> bool:
    return job["status"] in FINAL


def _stage(jobs: Iterable[JobView]) -> str:
    """How the first job stands that is not over."""
    current = next((job for job in jobs if not _is_over(job)), None)
    if current is None:
        return "done"
    return str(current["progress"]["stage"] or current["state"]) if _is_running(current) else describe(current)


def _is_running(job: JobView) -> bool:
    return bool(job["state"] == JobState.RUNNING)


def _table(jobs: Iterable[JobView]) -> Table:
    made = Table("id", "kind", "state", "progress", box=None, header_style="bold", pad_edge=False)
    for job in jobs:
        made.add_row(plain(job["id"]), plain(job["kind"]), plain(describe(job)), _bar(job))
    return made


def _bar(job: JobView) -> RenderableType:
    done, total = job["progress"]["done"], job["progress"]["total"]
    return ProgressBar(total=total, completed=done, width=_BAR_WIDTH) if total else ""


class Rate(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        """The rate, once there is one."""
        return Text(f"{task.speed:.1f}/s" if task.speed is not None else "")
