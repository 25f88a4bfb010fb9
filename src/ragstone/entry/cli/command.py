"""Registers functions as commands, each with the options every command has."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Annotated, Any, Final

import typer

from ragstone.entry.cli.failure import reported
from ragstone.entry.cli.options import Options
from ragstone.entry.cli.screen import Screen
from ragstone.entry.cli.session import Session

_KEYWORD: Final = inspect.Parameter.KEYWORD_ONLY
_CONTEXT: Final = inspect.Parameter("context", _KEYWORD, annotation=typer.Context)


def root(app: typer.Typer, version: str) -> None:
    """Let the shared options, and `--version`, stand before the command too."""

    def show(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it with the value of the option.
        if wanted:
            typer.echo(f"ragstone {version}")
            raise typer.Exit

    def remember(context: typer.Context, *, version: bool, **shared: Any) -> None:  # noqa: ARG001 - see `show`.
        context.obj = Options(**shared)

    option = typer.Option("--version", help="Print the version.", callback=show, is_eager=True)
    asked = inspect.Parameter("version", _KEYWORD, annotation=Annotated[bool, option], default=False)
    _sign(remember, [_CONTEXT, asked])
    app.callback()(remember)


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as the command `name`. It is given a `Session` first, then the options of its own."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        def run(context: typer.Context, **values: Any) -> None:
            shared = Options(**{item.name: values.pop(item.name) for item in fields(Options)})
            options = shared.over(context.obj or Options())
            with reported(Screen.open(as_json=options.json), debug=options.debug) as screen:
                function(Session(options, screen), **values)

        run.__doc__ = function.__doc__
        _session, *own = inspect.signature(function).parameters.values()
        _sign(run, [_CONTEXT, *own])
        app.command(name)(run)
        return function

    return register


def _sign(function: Callable[..., None], own: Sequence[inspect.Parameter]) -> None:
    """Give a function the signature Typer is to see: parameters of its own, then the shared ones."""
    parameters = [*own, *inspect.signature(Options).parameters.values()]
    keywords = [parameter.replace(kind=_KEYWORD) for parameter in parameters]
    function.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]  # `inspect` documents it.
    function.__annotations__ = {}
