"""`ragstone records`: a file of records of another system into a collection, however large, whatever happens."""

import os
import time
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from rich.console import Group, RenderableType

from ragstone.engine.records.tables import TableInvalid
from ragstone.entry.cli.command import command
from ragstone.entry.cli.follow import has_succeeded
from ragstone.entry.cli.record_files import RecordFile
from ragstone.entry.cli.screen import plain, table
from ragstone.entry.cli.send_records import Order, Sending, ServerLost
from ragstone.entry.cli.session import Session
from ragstone.entry.data_folder import find_server
from ragstone.features.documents.document import RecordInvalid

app = typer.Typer()

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 10.0


@command(app, "records")
def records(  # noqa: PLR0913, PLR0917 - A parameter is an option.
    session: Session,
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="NDJSON, CSV or TSV, also as .gz.")],
    collection: Annotated[
        str, typer.Option("--collection", "-c", help="Name or id of a collection; made if there is none.")
    ] = "default",
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping", exists=True, help="JSON file: how records become documents. Unset: the collection's."
        ),
    ] = None,
    on_error: Annotated[
        Literal["stop", "skip"], typer.Option(help="Whether an invalid record ends it, or is left out.")
    ] = "stop",
    batch: Annotated[int, typer.Option(min=1, max=100_000, help="Records in one request.")] = 5000,
    patience: Annotated[int, typer.Option(min=0, help="How long to wait for a lost server, in seconds.")] = 600,
    *,
    restart: Annotated[
        bool, typer.Option("--restart", help="Send all again, also after a run that broke off.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until the records have been read.")] = True,
) -> None:
    """Stream a file of records into a collection, and go on where it stopped if anything breaks.

    Records with an external id are sent in portions: a server that dies is waited for, and a run that was broken off
    goes on where it was when it is started again. Without external ids it is all or nothing. The exit code is 1 if
    records could not be read.
    """
    text = mapping.read_text("utf-8") if mapping else None
    order = Order(RecordFile(path), collection, text, batch, skips_invalid=on_error == "skip", is_awaited=wait)
    try:
        result = _through_everything(session, Sending(order, session.screen, anew=restart), patience)
    except TableInvalid as error:
        raise RecordInvalid(line=error.line, field="", reason=error.reason, kept=0) from error
    session.screen.show(result, summary)
    if wait and not all(map(has_succeeded, result["jobs"])):
        raise typer.Exit(1)


def summary(result: dict[str, Any]) -> RenderableType:
    """What became of the records, and a table of those that were left out."""
    counts = ", ".join(f"{count} {name}" for name, count in result["counts"].items() if count)
    told = plain(f"{counts or 'nothing'} in {result['collection']['name']}.")
    rows = [(item["line"], item["field"], item["reason"]) for item in result["errors"]]
    return Group(told, table(("line", "field", "reason"), rows)) if rows else told


def _through_everything(session: Session, sending: Sending, patience_s: float) -> dict[str, Any]:
    """Send and follow; when the server is lost, wait for it and go on. Patience begins anew with every portion."""
    sent, pause_s, deadline = 0, _FIRST_PAUSE_S, time.monotonic() + patience_s
    while True:
        try:
            return session.run(sending.run)
        except ServerLost as lost:
            if sending.n_acknowledged > sent:
                sent, pause_s, deadline = sending.n_acknowledged, _FIRST_PAUSE_S, time.monotonic() + patience_s
            if time.monotonic() >= deadline:
                raise lost.problem from lost
        session.screen.note("The server is not there; waiting for it.")
        _wait_for_server(session, pause_s, deadline)
        pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)


def _wait_for_server(session: Session, pause_s: float, deadline: float) -> None:
    """Pause; and where the server was found by its data folder, until there is one again.

    Without one the command line would open the folder itself, and a server that is just coming back could not.
    """
    time.sleep(pause_s)
    if session.options.url or (os.environ.get("RAGSTONE_URL") and not session.options.data_dir):
        return
    data_dir = session.settings().data_dir
    while find_server(data_dir) is None and time.monotonic() < deadline:
        time.sleep(_FIRST_PAUSE_S)
