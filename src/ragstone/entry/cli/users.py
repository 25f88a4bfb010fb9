"""`ragstone users`: list, create, disable and enable users, and hand out links that reset passwords."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import facts, table
from ragstone.entry.cli.session import Session
from ragstone.features.accounts.permissions import Role

app = typer.Typer(help="List, create, disable users, and reset their passwords.", no_args_is_help=True)

User = Annotated[str, typer.Argument(help="E-mail address or id of the user.")]


@command(app, "list")
def list_users(
    session: Session,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most users to list.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
) -> None:
    """List the users of the installation, oldest first."""
    page = session.run(lambda api: api.get("/admin/users", limit=limit, cursor=cursor))
    session.screen.show(page, _page)
    session.screen.note_next(page)


@command(app, "create")
def create(
    session: Session,
    email: Annotated[str, typer.Argument(help="E-mail address of the new user.")],
    name: Annotated[str, typer.Option(help="What others see; unset means what stands before the @.")] = "",
    role: Annotated[Role, typer.Option(help="What they are in the tenant of the key in use.")] = Role.VIEWER,
    *,
    platform_admin: Annotated[
        bool, typer.Option("--platform-admin", help="Let them administer the installation too.")
    ] = False,
) -> None:
    """Create a user without a password, and show once the token that gives them one."""
    body = {"email": email, "name": name, "role": role, "is_platform_admin": platform_admin}
    session.screen.show(session.run(lambda api: api.post("/admin/users", body)), _handed)


@command(app, "reset-password")
def reset_password(
    session: Session,
    user: User,
    *,
    without_second_factor: Annotated[
        bool, typer.Option("--without-second-factor", help="Take the second factor away too, as it was lost.")
    ] = False,
) -> None:
    """Show once a token that gives a user a new password. The old one works until it is used."""
    body = {"without_second_factor": without_second_factor}
    session.screen.show(session.run(lambda api: _post(api, user, "reset-password", body)), _handed)


@command(app, "disable")
def disable(session: Session, user: User) -> None:
    """Keep a user out: sessions end, and signing in fails, from now on."""
    session.screen.show(session.run(lambda api: _post(api, user, "disable")), facts)


@command(app, "enable")
def enable(session: Session, user: User) -> None:
    """Let a user sign in again."""
    session.screen.show(session.run(lambda api: _post(api, user, "enable")), facts)


async def _post(api: Api, user: str, verb: str, body: Any = None) -> Any:
    user_id = user
    if "@" in user:
        items = (await api.get("/admin/users", email=user))["items"]
        user_id = items[0]["id"] if items else user
    return await api.post(f"/admin/users/{user_id}/{verb}", body)


def _handed(handed: dict[str, Any]) -> Table:
    shown = {"user": handed["user"]["email"], "id": handed["user"]["id"], "reset token": handed["reset_token"]}
    return facts(shown | ({"link": handed["reset_url"]} if handed["reset_url"] else {}))


def _page(page: dict[str, Any]) -> Table:
    headings = ("id", "email", "name", "platform", "second factor", "created", "disabled")
    return table(headings, map(_row, page["items"]))


def _row(user: dict[str, Any]) -> tuple[object, ...]:
    flags = ("yes" if user[name] else None for name in ("is_platform_admin", "has_second_factor"))
    return user["id"], user["email"], user["name"], *flags, user["created_at"], user["disabled_at"]
