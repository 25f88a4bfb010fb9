"""`ragstone quotas`: what tenants have used, and how much they may."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import table
from ragstone.entry.cli.session import Session

app = typer.Typer(help="Show what tenants have used, and set how much they may.", no_args_is_help=True)

_RESOURCES = ("documents", "bytes", "requests", "tokens", "cost")
_UNLIMITED = "unlimited"
_DEFAULT = "default"

Most = Annotated[str | None, typer.Option(metavar="N", help=f"A number, `{_UNLIMITED}` or `{_DEFAULT}`.")]


@app.callback()
def quotas() -> None:
    """Show what tenants have used, and set how much they may."""


@command(app, "show")
def show(
    session: Session,
    tenant: Annotated[str | None, typer.Argument(help="Identifier of a tenant; without one, your own.")] = None,
) -> None:
    """Show what a tenant has used, and how much it may. Another one than your own: for platform administrators."""
    path = "/tenant/usage" if tenant is None else f"/admin/tenants/{tenant}/quotas"
    session.screen.show(session.run(lambda api: api.get(path)), _rows)


@command(app, "set")
def set_(  # noqa: PLR0913 - One option for each resource.
    session: Session,
    tenant: Annotated[str, typer.Argument(help="Identifier of the tenant.")],
    *,
    documents: Most = None,
    bytes_: Annotated[str | None, typer.Option("--bytes", metavar="N", help="Of originals, likewise.")] = None,
    requests: Annotated[str | None, typer.Option(metavar="N", help="A month, likewise.")] = None,
    tokens: Annotated[str | None, typer.Option(metavar="N", help="A month, likewise.")] = None,
    cost: Annotated[str | None, typer.Option(metavar="N", help="A month, likewise.")] = None,
) -> None:
    """Set how much a tenant may keep, and spend in a month. What is not named stays. For platform administrators."""
    told = dict(zip(_RESOURCES, (documents, bytes_, requests, tokens, cost), strict=True))
    wanted = {resource: _parsed(resource, value) for resource, value in told.items() if value is not None}
    path = f"/admin/tenants/{tenant}/quotas"

    async def changed(api: Any) -> Any:
        now = await api.get(path)
        limits = {resource: now[resource]["limit"] for resource in _RESOURCES if not now[resource]["is_default"]}
        limits |= {resource: value for resource, value in wanted.items() if value != _DEFAULT}
        return await api.put(path, {name: most for name, most in limits.items() if wanted.get(name) != _DEFAULT})

    session.screen.show(session.run(changed), _rows)


def _parsed(resource: str, value: str) -> float | str | None:
    if value == _DEFAULT:
        return _DEFAULT
    if value == _UNLIMITED:
        return None
    try:
        return float(value) if resource == "cost" else int(value)
    except ValueError as error:
        raise typer.BadParameter(
            f"{value} is no number, `{_UNLIMITED}` or `{_DEFAULT}`", param_hint=resource
        ) from error


def _rows(usage: dict[str, Any]) -> Table:
    return table(
        ("resource", "used", "reserved", "limit", "from"),
        (
            [
                resource,
                f"{usage[resource]['used']:,.10g}",
                f"{usage[resource]['reserved']:,.10g}",
                _UNLIMITED if usage[resource]["limit"] is None else f"{usage[resource]['limit']:,.10g}",
                "settings" if usage[resource]["is_default"] else "tenant",
            ]
            for resource in _RESOURCES
        ),
    )
