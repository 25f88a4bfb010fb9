"""`ragstone jobs`: list, show, follow, cancel and retry jobs."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ragstone.entry.cli.command import command
from ragstone.entry.cli.follow import describe, follow, follow_all, has_succeeded
from ragstone.entry.cli.screen import facts, table
from ragstone.entry.cli.session import Session
from ragstone.features.jobs.job import JobStatus

app = typer.Typer(help="List, show, follow, cancel and retry jobs.", no_args_is_help=True)

Job = Annotated[str, typer.Argument(help="Id of the job (job_…).")]
AnyJob = Annotated[str | None, typer.Argument(help="Id of the job (job_…); none means all.")]


@command(app, "list")
def list_jobs(
    session: Session,
    status: Annotated[list[JobStatus] | None, typer.Option(help="Only jobs of this status; may be repeated.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only jobs of this kind.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most jobs to list.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
) -> None:
    """List jobs, newest first."""
    page = session.run(lambda api: api.get("/jobs", status=status, kind=kind, limit=limit, cursor=cursor))
    session.screen.show(page, job_table)
    session.screen.note_next(page)


@command(app, "show")
def show(session: Session, job: Job) -> None:
    """Show one job."""
    session.screen.show(session.run(lambda api: api.get(f"/jobs/{job}")), facts)


@command(app, "watch")
def watch(session: Session, job: AnyJob = None) -> None:
    """Follow a job until it is over, or without one all jobs there are.

    The exit code is 1 if one did not succeed.
    """
    if job is None:
        ended = session.run(lambda api: follow_all(api, session.screen))
        session.screen.show({"items": ended}, job_table)
    else:
        ended = session.run(lambda api: follow(api, [job], session.screen))
        session.screen.show(ended[0], facts)
    if not all(map(has_succeeded, ended)):
        raise typer.Exit(1)


@command(app, "cancel")
def cancel(session: Session, job: Job) -> None:
    """Ask for a job to be stopped."""
    session.screen.show(session.run(lambda api: api.post(f"/jobs/{job}/cancel")), facts)


@command(app, "retry")
def retry(session: Session, job: Job) -> None:
    """Try a failed or cancelled job again, or at once one that waits for its next attempt."""
    session.screen.show(session.run(lambda api: api.post(f"/jobs/{job}/retry")), facts)


def job_table(page: dict[str, Any]) -> Table:
    """Some jobs, one a row."""
    return table(
        ("id", "kind", "priority", "state", "done", "attempt", "created", "last error"), map(_row, page["items"])
    )


def _row(job: dict[str, Any]) -> tuple[object, ...]:
    progress = job["progress"]
    done = f"{progress['done']}/{progress['total']}"
    error = job["last_error"]["detail"] if job["last_error"] else None
    return job["id"], job["kind"], job["priority"], describe(job), done, job["attempt"], job["created_at"], error
