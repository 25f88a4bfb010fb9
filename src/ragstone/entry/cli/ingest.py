"""`ragstone ingest`: files, folders and streams of records into a collection."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.collection_names import get_or_create_collection
from ragstone.entry.cli.command import command
from ragstone.entry.cli.files import Found, Source, find_files
from ragstone.entry.cli.follow import has_succeeded
from ragstone.entry.cli.screen import Screen, plain, table
from ragstone.entry.cli.session import Session
from ragstone.entry.cli.upload import Outcome, send_records, settle, upload

app = typer.Typer()

ASK = "-"
"""The password that stands for one still to be asked for: what is typed into a command is seen by others."""


@command(app, "ingest")
def ingest(  # noqa: PLR0913 - a parameter is an option.
    session: Session,
    paths: Annotated[
        list[Path], typer.Argument(exists=True, help="Files and folders; .ndjson and .jsonl files hold records.")
    ],
    collection: Annotated[
        str, typer.Option("--collection", "-c", help="Name or id of a collection; made if there is none.")
    ] = "default",
    tag: Annotated[list[str] | None, typer.Option("--tag", "-t", help="Tag for every file; may be repeated.")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", "-m", help="key=value for every file; may be repeated.")
    ] = None,
    password: Annotated[
        str | None, typer.Option("--password", help="What opens those files that are encrypted; `-` asks for it.")
    ] = None,
    *,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Also take folders within folders.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until the documents have been read.")] = True,
) -> None:
    """Upload files and wait until they can be searched.

    The exit code is 1 if any of them failed.
    """
    fields = _fields(tag or [], metadata or [], password)
    found = find_files(paths, recursive=recursive)
    for path, reason in found.skipped:
        session.screen.note(f"Skipped ({reason}): {path}")
    if not found.files and not found.records:
        raise typer.BadParameter("nothing to ingest there", param_hint="PATHS")
    if found.records and (tag or metadata):
        raise typer.BadParameter("the tags and metadata of records stand in the records", param_hint="--tag")

    async def ingested(api: Api) -> dict[str, Any]:
        home = await get_or_create_collection(api, collection)
        outcome = await _send(api, home["id"], found, fields, session.screen)
        if wait:
            outcome = await settle(api, home["id"], outcome, session.screen)
        return {"collection": home, **asdict(outcome), "skipped": [str(path) for path, _ in found.skipped]}

    result = session.run(ingested)
    session.screen.show(result, summary)
    if result["failures"] or (wait and not all(map(has_succeeded, result["jobs"]))):
        raise typer.Exit(1)


async def _send(
    api: Api, collection_id: str, found: Found, fields: dict[str, str | list[str]], screen: Screen
) -> Outcome:
    outcome = Outcome()
    if found.files:
        outcome += await upload(api, collection_id, [Source.of_path(path) for path in found.files], fields, screen)
    if found.records:
        outcome += await send_records(api, collection_id, found.records, screen)
    return outcome


def summary(result: dict[str, Any]) -> RenderableType:
    """What was taken in, and a table of what was not."""
    jobs, failures = result["jobs"], result["failures"]
    done, total = (sum(job["progress"][name] for job in jobs) for name in ("done", "total"))
    told = f"{done} of {total} documents dealt with in {result['collection']['name']}; {len(failures)} failed."
    if open_jobs := [job["id"] for job in jobs if not has_succeeded(job)]:
        told += f" See `ragstone jobs show`: {', '.join(open_jobs)}."
    rows = [(item["name"], item["title"], item["detail"]) for item in failures]
    return Group(plain(told), table(("file", "problem", "detail"), rows)) if rows else plain(told)


def _fields(tags: list[str], metadata: list[str], password: str | None) -> dict[str, str | list[str]]:
    pairs = [item.partition("=") for item in metadata]
    if any(not separator for _, separator, _ in pairs):
        raise typer.BadParameter("give key=value", param_hint="--metadata")
    fields: dict[str, str | list[str]] = {"tags": tags, "metadata": json.dumps({key: value for key, _, value in pairs})}
    if password:
        fields["password"] = typer.prompt("Password", hide_input=True) if password == ASK else password
    return fields
