"""`ragstone tenants`: list, create, suspend, resume and delete the tenants of the installation."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.command import command
from ragstone.entry.cli.follow import follow, has_succeeded
from ragstone.entry.cli.screen import facts, table
from ragstone.entry.cli.session import Session

app = typer.Typer(help="List, create, suspend, resume and delete tenants.", no_args_is_help=True)

Tenant = Annotated[str, typer.Argument(help="Id of the tenant (ten_…).")]


@command(app, "list")
def list_tenants(
    session: Session,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most tenants to list.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
) -> None:
    """List tenants, oldest first."""
    page = session.run(lambda api: api.get("/admin/tenants", limit=limit, cursor=cursor))
    session.screen.show(page, _page)
    session.screen.note_next(page)


@command(app, "create")
def create(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name of the new tenant.")],
    owner: Annotated[str | None, typer.Option(help="E-mail address of whom to invite as its owner.")] = None,
    *,
    with_key: Annotated[bool, typer.Option("--with-key", help="Make an owner's API key of it.")] = False,
) -> None:
    """Create a tenant. Secrets are shown this once."""
    body = {"name": name, "owner_email": owner, "with_api_key": with_key}
    session.screen.show(session.run(lambda api: api.post("/admin/tenants", body)), facts)


@command(app, "suspend")
def suspend(session: Session, tenant: Tenant) -> None:
    """Refuse every request of a tenant until it is resumed."""
    session.screen.show(session.run(lambda api: api.post(f"/admin/tenants/{tenant}/suspend")), facts)


@command(app, "resume")
def resume(session: Session, tenant: Tenant) -> None:
    """Let a suspended tenant work again."""
    session.screen.show(session.run(lambda api: api.post(f"/admin/tenants/{tenant}/resume")), facts)


@command(app, "delete")
def delete(
    session: Session,
    tenant: Tenant,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a tenant with everything of it, and wait until nothing is left."""
    if not yes:
        typer.confirm(f"Delete tenant {tenant} with everything of it?", abort=True, err=True)

    async def deleted(api: Api) -> Any:
        job = await api.delete_for_job(f"/admin/tenants/{tenant}")
        return (await follow(api, [job["id"]], session.screen))[0]

    job = session.run(deleted)
    session.screen.show(job, facts)
    if not has_succeeded(job):
        raise typer.Exit(1)


def _page(page: dict[str, Any]) -> Table:
    fields = ("id", "name", "status", "created_at")
    return table(fields, ([item[field] for field in fields] for item in page["items"]))
