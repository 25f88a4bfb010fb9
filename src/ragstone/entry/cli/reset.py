"""`ragstone reset`: empty the data folder. It removes what ragstone has put there and nothing else."""

import shutil
from pathlib import Path
from typing import Annotated, ClassVar, Final

import typer

from ragstone.bootstrap import DATABASE_FILE
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import facts
from ragstone.entry.cli.session import Session
from ragstone.entry.data_folder import hold
from ragstone.kit.problem import Kind, Problem
from ragstone.settings import Settings

app = typer.Typer()

_MARKS: Final = (DATABASE_FILE, "secrets/pepper")
_OURS: Final = (
    DATABASE_FILE,
    f"{DATABASE_FILE}-wal",
    f"{DATABASE_FILE}-shm",
    "admin.key",
    "blobs",
    "index",
    "migrate.lock",
    "secrets",
    "server.json",
    "snapshots",
)
"""Installed models stay: they are no data. So does the lock, which this very command holds."""


class FolderNotOurs(Problem):
    """The folder does not look like a data folder, so nothing in it was touched."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "folder_not_ours"


class DataElsewhere(Problem):
    """The database or the blobs are not in the data folder; emptying it would leave half of the data."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "data_elsewhere"


@command(app, "reset")
def reset(
    session: Session,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete all data in the data folder: documents, index, keys.

    Installed models stay. Stop the server first.
    """
    settings = session.settings()
    data_dir = settings.data_dir.absolute()
    _check(settings, data_dir)
    if not yes:
        typer.confirm(f"Delete all of ragstone's data in {data_dir}?", abort=True, err=True)
    with hold(data_dir):
        removed = [name for name in _OURS if _remove(data_dir / name)]
    session.screen.show({"data_dir": str(data_dir), "removed": removed}, facts)


def _check(settings: Settings, data_dir: Path) -> None:
    if settings.database.url is not None or settings.blobs.url is not None:
        raise DataElsewhere(path=str(data_dir))
    if not all((data_dir / mark).is_file() for mark in _MARKS):
        raise FolderNotOurs(path=str(data_dir))


def _remove(path: Path) -> bool:
    """Remove a file or a folder; whether it was there. A link is removed, never followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
        return True
    if path.exists() or path.is_symlink():
        path.unlink()
        return True
    return False
