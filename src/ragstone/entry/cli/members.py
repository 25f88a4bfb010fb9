"""`ragstone members`: list, invite, change and remove the members of the tenant."""

from typing import Annotated, Any, ClassVar

import typer
from rich.table import Table

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import facts, table
from ragstone.entry.cli.session import Session
from ragstone.features.accounts.permissions import Role
from ragstone.kit.problem import Kind, Problem

app = typer.Typer(help="List, invite, change and remove members.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="The member's e-mail address or id (usr_…).")]


class MemberUnknown(Problem):
    """No member has that address or id."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "member_unknown"


@command(app, "list")
def list_members(
    session: Session,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most members to list.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
) -> None:
    """List who is what in the tenant."""
    page = session.run(lambda api: api.get("/tenant/members", limit=limit, cursor=cursor))
    session.screen.show(page, _page)
    session.screen.note_next(page)


@command(app, "invite")
def invite(
    session: Session,
    email: Annotated[str, typer.Argument(help="Whom to invite.")],
    role: Annotated[Role, typer.Option(help="What they are to be.")] = Role.VIEWER,
    days: Annotated[int, typer.Option(min=1, max=90, help="How long it may be accepted, in days.")] = 7,
) -> None:
    """Invite somebody. The token to hand to them is shown this once."""
    body = {"email": email, "role": role, "lifetime_days": days}
    session.screen.show(session.run(lambda api: api.post("/tenant/invitations", body)), facts)
    session.screen.note("Hand the token to them; it is not kept here and cannot be shown again.")


@command(app, "role")
def change_role(
    session: Session, member: Who, role: Annotated[Role, typer.Argument(help="What they are to be.")]
) -> None:
    """Give a member another role."""

    async def changed(api: Api) -> Any:
        return await api.patch(f"/tenant/members/{await _user_id(api, member)}", {"role": role})

    session.screen.show(session.run(changed), facts)


@command(app, "remove")
def remove(
    session: Session,
    member: Who,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a member with their sessions and API keys."""
    if not yes:
        typer.confirm(f"Remove {member} with their sessions and API keys?", abort=True, err=True)

    async def removed(api: Api) -> dict[str, Any]:
        user_id = await _user_id(api, member)
        await api.delete(f"/tenant/members/{user_id}")
        return {"removed": user_id}

    session.screen.show(session.run(removed), facts)


async def _user_id(api: Api, member: str) -> str:
    """The id of a member known by address or id. Raises `MemberUnknown`."""
    async for item in api.iter_items("/tenant/members"):
        if member in {item["user_id"], item["email"]} or member.lower() == item["email"]:
            return str(item["user_id"])
    raise MemberUnknown(name=member)


def _page(page: dict[str, Any]) -> Table:
    fields = ("user_id", "email", "name", "role", "created_at", "disabled_at")
    return table(fields, ([item[field] for field in fields] for item in page["items"]))
