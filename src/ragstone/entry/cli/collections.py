"""`ragstone collections`: list, create, show, re-index and delete collections."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.collection_names import get_collection
from ragstone.entry.cli.command import command
from ragstone.entry.cli.follow import follow, has_succeeded
from ragstone.entry.cli.jobs import job_table
from ragstone.entry.cli.screen import facts, table
from ragstone.entry.cli.session import Session
from ragstone.entry.cli.versions import Wait, finish, settled

app = typer.Typer(help="List, create, show, re-index and delete collections.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name or id of the collection.")]


@command(app, "list")
def list_collections(
    session: Session,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most collections to list.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
) -> None:
    """List collections, oldest first."""
    page = session.run(lambda api: api.get("/collections", limit=limit, cursor=cursor))
    session.screen.show(page, _page)
    session.screen.note_next(page)


@command(app, "create")
def create(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name of the new collection.")],
    description: Annotated[str, typer.Option(help="What the collection holds.")] = "",
    language: Annotated[
        str | None, typer.Option(help="ISO 639 code of its language; unset means told from each document.")
    ] = None,
    embedding_model: Annotated[
        str | None, typer.Option(help="Name of its embedding model; unset means the default.")
    ] = None,
    chunking: Annotated[
        str, typer.Option(help="How documents are cut, and sizes: `rows`, `sentences,max_tokens=120` …")
    ] = "structure",
) -> None:
    """Create a collection."""
    body = {"name": name, "description": description, "language": language, "chunking": _chunking(chunking)}
    if embedding_model is not None:
        body["embedding_model"] = embedding_model
    session.screen.show(session.run(lambda api: api.post("/collections", body)), facts)


@command(app, "show")
def show(session: Session, collection: Name) -> None:
    """Show one collection."""
    session.screen.show(session.run(lambda api: get_collection(api, collection)), facts)


@command(app, "reindex")
def reindex(
    session: Session,
    collection: Annotated[str | None, typer.Argument(help="Name or id of the collection.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every collection there is.")] = False,
    wait: Wait = True,
) -> None:
    """Read everything in a collection, or in all of them, again from its originals."""
    if (collection is None) is not everything:
        raise typer.BadParameter("name a collection, or say --all")

    async def one(api: Api) -> Any:
        found = await get_collection(api, str(collection))
        return await settled(api, session, await api.post(f"/collections/{found['id']}/reindex"), wait=wait)

    async def every(api: Api) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = (await api.post("/reindex"))["jobs"]
        return await follow(api, [job["id"] for job in jobs], session.screen) if wait and jobs else jobs

    if not everything:
        finish(session, session.run(one))
        return
    jobs = session.run(every)
    session.screen.show({"items": jobs}, job_table)
    if wait and not all(map(has_succeeded, jobs)):
        raise typer.Exit(1)


@command(app, "delete")
def delete(
    session: Session,
    collection: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a collection with everything in it."""
    if not yes:
        typer.confirm(f"Delete collection {collection} with all its documents?", abort=True, err=True)

    async def removed(api: Api) -> dict[str, Any]:
        found = await get_collection(api, collection)
        await api.delete(f"/collections/{found['id']}")
        return {"deleted": found["id"]}

    session.screen.show(session.run(removed), facts)


def _page(page: dict[str, Any]) -> Table:
    fields = ("id", "name", "embedding_model", "created_at", "description")
    return table(fields, ([item[field] for field in fields] for item in page["items"]))


def _chunking(told: str) -> dict[str, Any]:
    """`strategy,field=value,…` as the API takes it; the server checks names and values."""
    strategy, *sizes = told.split(",")
    return {"strategy": strategy.strip()} | {
        field.strip(): value.strip() for field, _, value in (size.partition("=") for size in sizes)
    }
