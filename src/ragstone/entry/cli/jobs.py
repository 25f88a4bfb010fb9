"""`ragstone jobs`: list, show, follow, cancel and retry jobs."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ragstone.entry.cli.command import command
from ragstone.entry.cli.follow import follow, has_succeeded
from ragstone.entry.cli.screen import facts, table
from ragstone.entry.cli.session import Session
from ragstone.features.jobs.job import JobStatus

app = typer.Typer(help="List, show, follow, cancel and retry jobs.", no_args_is_help=True)

Job = Annotated[str, typer.Argument(help="Id of the job (job_…).")]


@command(app, "list")
def list_jobs(
    session: Session,
    status: Annotated[JobStatus | None, typer.Option(help="Only jobs in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most jobs to list.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
) -> None:
    """List jobs, newest first."""
    page = session.run(lambda api: api.get("/jobs", status=status, limit=limit, cursor=cursor))
    session.screen.show(page, _page)
    session.screen.note_next(page)


@command(app, "show")
def show(session: Session, job: Job) -> None:
    """Show one job."""
    session.screen.show(session.run(lambda api: api.get(f"/jobs/{job}")), facts)


@command(app, "watch")
def watch(session: Session, job: Job) -> None:
    """Follow a job until it is over.

    The exit code is 1 if it did not succeed.
    """
    (ended,) = session.run(lambda api: follow(api, [job], session.screen))
    session.screen.show(ended, facts)
    if not has_succeeded(ended):
        raise typer.Exit(1)


@command(app, "cancel")
def cancel(session: Session, job: Job) -> None:
    """Ask for a job to be stopped."""
    session.screen.show(session.run(lambda api: api.post(f"/jobs/{job}/cancel")), facts)


@command(app, "retry")
def retry(session: Session, job: Job) -> None:
    """Try a failed or cancelled job again."""
    session.screen.show(session.run(lambda api: api.post(f"/jobs/{job}/retry")), facts)


def _page(page: dict[str, Any]) -> Table:
    return table(
        ("id", "kind", "status", "stage", "done", "attempt", "created", "last error"), map(_row, page["items"])
    )


def _row(job: dict[str, Any]) -> tuple[object, ...]:
    progress = job["progress"]
    done = f"{progress['done']}/{progress['total']}"
    error = job["last_error"]["detail"] if job["last_error"] else None
    return job["id"], job["kind"], job["status"], progress["stage"], done, job["attempt"], job["created_at"], error
