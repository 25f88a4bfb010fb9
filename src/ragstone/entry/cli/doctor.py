"""`ragstone doctor`: whether store, index and blobs agree."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from ragstone.bootstrap import build
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import plain, table
from ragstone.entry.cli.session import Session
from ragstone.entry.data_folder import hold
from ragstone.features.operations.doctor.examine import examine
from ragstone.features.operations.doctor.findings import Report
from ragstone.features.operations.doctor.repair import repair
from ragstone.settings import Settings

app = typer.Typer()


@command(app, "doctor")
def doctor(
    session: Session,
    *,
    mend: Annotated[bool, typer.Option("--repair", help="Mend what can be mended from the relational store.")] = False,
) -> None:
    """Compare store, index and blobs.

    Stop the server first. The exit code is 1 if anything is wrong at the end.
    """
    settings = session.settings()
    with hold(settings.data_dir):
        report = asyncio.run(_examine(settings, mend=mend))
    session.screen.show(asdict(report) | {"is_clean": report.is_clean}, _table)
    if not report.is_clean:
        raise typer.Exit(1)


async def _examine(settings: Settings, *, mend: bool) -> Report:
    async with build(settings) as runtime:
        report = await examine(runtime)
        return await repair(runtime, report) if mend and not report.is_clean else report


def _table(report: dict[str, Any]) -> RenderableType:
    counts = ", ".join(f"{count} {name}" for name, count in report["counts"].items())
    if report["is_clean"]:
        return plain(f"Nothing is wrong. Looked at {counts}.")
    rows = ((item["kind"], ", ".join(f"{k} {v}" for k, v in item["detail"].items())) for item in report["findings"])
    return Group(plain(f"{len(report['findings'])} findings. Looked at {counts}."), table(("finding", "where"), rows))
