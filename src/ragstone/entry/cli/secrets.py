"""`ragstone secrets`: change the installation's own secret without logging anyone out."""

import typer

from ragstone.bootstrap import SECRETS_FOLDER, DataFolderUnusable
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import facts
from ragstone.entry.cli.session import Session
from ragstone.entry.data_folder import hold
from ragstone.kit.pepper import Pepper, find_pepper, pepper_changed_at, rotate_pepper
from ragstone.settings import Settings

app = typer.Typer(help="Change the installation's own secret.", no_args_is_help=True)


@command(app, "show")
def show(session: Session) -> None:
    """Tell how many secrets are in use, and since when the newest one is."""
    settings = session.settings()
    session.screen.show(_state(settings, _pepper(settings)), facts)


@command(app, "rotate")
def rotate(session: Session) -> None:
    """Make a new secret; what the one so far has closed still opens.

    Stop the server first. Nobody is logged out and no key stops working: API keys are kept under the new secret as
    they are used.
    """
    settings = session.settings()
    with hold(settings.data_dir):
        _pepper(settings)
        pepper = rotate_pepper(settings.data_dir / SECRETS_FOLDER)
    session.screen.show(_state(settings, pepper), facts)


def _pepper(settings: Settings) -> Pepper:
    """Raises `DataFolderUnusable` where there is none yet."""
    pepper = find_pepper(settings.data_dir / SECRETS_FOLDER)
    if pepper is None:
        raise DataFolderUnusable(path=str(settings.data_dir), reason="no server has begun it")
    return pepper


def _state(settings: Settings, pepper: Pepper) -> dict[str, str | int]:
    changed_at = pepper_changed_at(settings.data_dir / SECRETS_FOLDER)
    return {"in_use": len(pepper.accepted), "former": len(pepper.former), "newest_since": changed_at.isoformat()}
