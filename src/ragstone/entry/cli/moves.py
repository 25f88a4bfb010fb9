"""`ragstone collections move`, `rollback` and `drop-previous`: the embedding model of a collection."""

from typing import Annotated, Any

import typer

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.collection_names import get_collection
from ragstone.entry.cli.collections import Name
from ragstone.entry.cli.command import command
from ragstone.entry.cli.follow import follow, has_succeeded
from ragstone.entry.cli.screen import facts
from ragstone.entry.cli.session import Session

app = typer.Typer()


@command(app, "move")
def move(
    session: Session,
    collection: Name,
    to: Annotated[str, typer.Option("--to", help="Name of the embedding model in the server's settings.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Move a collection to another embedding model while it is searched and written; tells first what it takes."""

    async def estimated(api: Api) -> dict[str, Any]:
        found = await get_collection(api, collection)
        told: dict[str, Any] = await api.post(f"/collections/{found['id']}/embedding/estimate", {"embedding_model": to})
        return told

    told = session.run(estimated)
    session.screen.note(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in told.items()))
    if not yes:
        typer.confirm(f"Move collection {collection} to {to}?", abort=True, err=True)
    _follow(session, collection, "", {"embedding_model": to})


@command(app, "rollback")
def rollback(session: Session, collection: Name) -> None:
    """Move a collection back to the embedding model it had before."""
    _follow(session, collection, "/rollback", None)


@command(app, "drop-previous")
def drop_previous(
    session: Session,
    collection: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove what is kept of the embedding model a collection had before."""
    if not yes:
        typer.confirm(f"Give up the way back for collection {collection}?", abort=True, err=True)
    _follow(session, collection, "/drop-previous", None)


def _follow(session: Session, name: str, action: str, body: Any) -> None:
    async def done(api: Api) -> dict[str, Any]:
        found = await get_collection(api, name)
        job = await api.post(f"/collections/{found['id']}/embedding{action}", body)
        (job,) = await follow(api, [job["id"]], session.screen)
        return dict(job)

    job = session.run(done)
    session.screen.show(job, facts)
    if not has_succeeded(job):
        raise typer.Exit(1)
