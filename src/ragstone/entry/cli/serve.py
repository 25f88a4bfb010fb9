"""`ragstone serve`: the server in the foreground."""

from pathlib import Path
from typing import Annotated

import typer

from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import Screen
from ragstone.entry.cli.session import Session
from ragstone.entry.http.serve import serve as serve_until_stopped

app = typer.Typer()


@command(app, "serve")
def serve(
    session: Session,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 unless set otherwise.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 8080 unless set otherwise, 0 for any.")
    ] = None,
) -> None:
    """Run the server until it is stopped (SIGTERM or Ctrl-C)."""
    settings = session.settings(http__host=host, http__port=port)
    serve_until_stopped(settings, lambda url, key: _banner(session.screen, settings.data_dir, url, key))


def _banner(screen: Screen, data_dir: Path, url: str, new_key: str | None) -> None:
    ready = {"url": url, "docs_url": f"{url}/docs", "data_dir": str(data_dir.absolute()), "admin_key": new_key}
    screen.show(ready, lambda _: None)
    screen.say(f"ragstone is ready at {url}")
    screen.say(f"  documentation  {ready['docs_url']}")
    screen.say(f"  data folder    {ready['data_dir']}")
    if new_key:
        screen.say(f"  new administrator key, shown this once: {new_key}")
        screen.say("  A copy for the command line is kept in the data folder, readable by you alone.")
    screen.out.file.flush()
