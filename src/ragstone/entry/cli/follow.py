"""Follow jobs until they are over, with a bar for all of them together."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.progress import MofNCompleteColumn, ProgressColumn, Task
from rich.text import Text

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.screen import Screen
from ragstone.features.jobs.job import FINAL, JobStatus

_POLL_S: Final = 0.25

JobView = dict[str, Any]


async def follow(api: Api, job_ids: Sequence[str], screen: Screen) -> list[JobView]:
    """The jobs as they ended. They are polled, because a server in this process cannot stream."""
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


def has_succeeded(job: JobView) -> bool:
    """Whether a job ended well."""
    return bool(job["status"] == JobStatus.SUCCEEDED)


def _is_over(job: JobView) -> bool:
    return job["status"] in FINAL


def _stage(jobs: Iterable[JobView]) -> str:
    """What is being done now: the stage of the first job that is not over."""
    current = next((job for job in jobs if not _is_over(job)), None)
    return (current["progress"]["stage"] or current["status"]) if current else "done"


class Rate(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        """The rate, once there is one."""
        return Text(f"{task.speed:.1f}/s" if task.speed is not None else "")
