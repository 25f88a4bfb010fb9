"""`ragstone keys`: list, create, rotate and revoke API keys."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.collection_names import collection_ids
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import facts, table
from ragstone.entry.cli.session import Session
from ragstone.features.accounts.permissions import Permission

app = typer.Typer(help="List, create, rotate and revoke API keys.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(help="Id of the key (key_…).")]


@command(app, "list")
def list_keys(
    session: Session,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most keys to list.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
) -> None:
    """List API keys, oldest first. Secrets are not shown again."""
    page = session.run(lambda api: api.get("/api-keys", limit=limit, cursor=cursor))
    session.screen.show(page, _page)
    session.screen.note_next(page)


@command(app, "create")
def create(
    session: Session,
    name: Annotated[str, typer.Argument(help="What people call it: where it is used.")],
    scope: Annotated[
        list[Permission] | None, typer.Option(help="What it may do; may be repeated. `read` unless told.")
    ] = None,
    collection: Annotated[
        list[str] | None, typer.Option("--collection", "-c", help="The only collections it may see, by name or id.")
    ] = None,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="When it ends, in UTC.")
    ] = None,
) -> None:
    """Create an API key. Its secret is shown this once."""

    async def made(api: Api) -> Any:
        body = {
            "name": name,
            "scopes": scope or [Permission.READ],
            "collection_ids": await collection_ids(api, collection or []),
            "expires_at": expires.replace(tzinfo=UTC).isoformat() if expires else None,
        }
        return await api.post("/api-keys", body)

    _show_once(session, session.run(made))


@command(app, "rotate")
def rotate(
    session: Session,
    api_key: Key,
    grace: Annotated[
        int, typer.Option(min=0, help="How long the secret so far still works, in seconds; a day unless told.")
    ] = 24 * 3600,
) -> None:
    """Give an API key a new secret, shown this once; the one so far works for a grace time."""
    _show_once(session, session.run(lambda api: api.post(f"/api-keys/{api_key}/rotate", {"grace_s": grace})))


@command(app, "revoke")
def revoke(
    session: Session,
    api_key: Key,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Revoke an API key: its next request is refused."""
    if not yes:
        typer.confirm(f"Revoke {api_key}? Whatever uses it stops working.", abort=True, err=True)

    async def revoked(api: Api) -> dict[str, Any]:
        await api.delete(f"/api-keys/{api_key}")
        return {"revoked": api_key}

    session.screen.show(session.run(revoked), facts)


def _show_once(session: Session, made: dict[str, Any]) -> None:
    session.screen.show(made, facts)
    session.screen.note("The secret is not kept here and cannot be shown again.")


def _page(page: dict[str, Any]) -> Table:
    fields = ("id", "name", "prefix", "scopes", "expires_at", "last_used_at")
    return table(fields, (_row(item, fields) for item in page["items"]))


def _row(item: dict[str, Any], fields: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(", ".join(item[field]) if field == "scopes" else item[field] for field in fields)
