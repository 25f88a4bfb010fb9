"""`ragstone audit`: list and export the audit log, and prove that nobody has changed it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Annotated, Any, ClassVar

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from ragstone.bootstrap import SECRETS_FOLDER, open_database
from ragstone.entry.cli.api import Api
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import plain, table
from ragstone.entry.cli.session import Session
from ragstone.features.audit.verify import Head, Verdict, verify
from ragstone.kit.pepper import find_pepper
from ragstone.kit.problem import Kind, Problem
from ragstone.settings import Settings

app = typer.Typer(help="List and export the audit log, and verify it.", no_args_is_help=True)

Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="Only records like this: `actor`, `action`, `object`, `outcome`, `address`, `since`, `until`; "
        "may be repeated.",
    ),
]
Installation = Annotated[bool, typer.Option("--installation", help="The installation's own log.")]


class NotesUnreadable(Problem):
    """The file is not what an earlier run of the command has printed."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "audit_notes_unreadable"


@command(app, "list")
def list_audit(
    session: Session,
    where: Where = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most records to list.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    *,
    installation: Installation = False,
) -> None:
    """List who did what, newest first."""
    wanted = _wanted(where, installation=installation)
    page = session.run(lambda api: api.get("/admin/audit", limit=limit, cursor=cursor, **wanted))
    session.screen.show(page, _page)
    session.screen.note_next(page)


@command(app, "export")
def export(
    session: Session,
    where: Where = None,
    output: Annotated[Path | None, typer.Option(help="File to write; standard output if none is named.")] = None,
    *,
    installation: Installation = False,
) -> None:
    """Write the log as lines of JSON, oldest first."""
    wanted = _wanted(where, installation=installation)

    async def copy(api: Api, file: IO[str]) -> None:
        async for line in api.iter_lines("/admin/audit/export", **wanted):
            file.write(line + "\n")

    if output is None:
        session.run(lambda api: copy(api, session.screen.out.file))
        return
    with output.open("w", encoding="utf-8") as file:
        session.run(lambda api: copy(api, file))


@command(app, "verify")
def verify_audit(
    session: Session,
    *,
    notes: Annotated[
        Path | None,
        typer.Option(help="What `--json verify` printed earlier: what was recorded then must still be there."),
    ] = None,
) -> None:
    """Read the whole log in the database and prove that nobody has changed it.

    It needs no server, and one may run. The exit code is 1 if anything is wrong.
    """
    verdicts = asyncio.run(_verify(session.settings(), _read_notes(notes) if notes else {}))
    is_clean = not any(item.findings for item in verdicts)
    session.screen.show({"is_clean": is_clean, "chains": [asdict(item) for item in verdicts]}, _verdicts)
    if not is_clean:
        raise typer.Exit(1)


async def _verify(settings: Settings, noted: Mapping[str, Head]) -> Sequence[Verdict]:
    async with open_database(settings) as db:
        return await verify(db, find_pepper(settings.data_dir / SECRETS_FOLDER), noted)


def _read_notes(path: Path) -> dict[str, Head]:
    try:
        chains = json.loads(path.read_text("utf-8"))["chains"]
        return {str(item["chain"]): Head(int(item["head"]["seq"]), str(item["head"]["hash"])) for item in chains}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotesUnreadable(path=str(path)) from error


def _wanted(where: Sequence[str] | None, *, installation: bool) -> dict[str, str]:
    """As the API takes it, which says what is wrong with a name or a value."""
    wanted = {name: value for name, _, value in (item.partition("=") for item in where or ())}
    return wanted | ({"installation": "true"} if installation else {})


def _page(page: dict[str, Any]) -> Table:
    rows = (
        (item["at"], item["actor"], item["action"], item["outcome"], " ".join(item["objects"]), item["address"])
        for item in page["items"]
    )
    return table(("at", "actor", "action", "outcome", "objects", "address"), rows)


def _verdicts(result: dict[str, Any]) -> RenderableType:
    chains = (
        (item["chain"], item["records"], item["anchor_seq"] + 1, item["head"]["seq"], item["head"]["hash"])
        for item in result["chains"]
    )
    found = [(item["chain"], flaw["flaw"], flaw["seq"]) for item in result["chains"] for flaw in item["findings"]]
    read = table(("chain", "records", "from", "to", "hash of the last"), chains)
    if not found:
        return Group(read, plain("Nothing is wrong."))
    return Group(read, plain(f"{len(found)} findings."), table(("chain", "finding", "at record"), found))
