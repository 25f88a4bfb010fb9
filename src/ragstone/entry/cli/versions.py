"""`ragstone documents update`, `versions`, `reindex` and `merge`: documents over time."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.command import command
from ragstone.entry.cli.follow import follow, has_succeeded
from ragstone.entry.cli.screen import facts, table
from ragstone.entry.cli.session import Session

app = typer.Typer()

Document = Annotated[str, typer.Argument(help="Id of the document (doc_…).")]
Wait = Annotated[bool, typer.Option(help="Wait until it is done.")]


@command(app, "update")
def update(
    session: Session,
    document: Document,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The new content.")],
    *,
    wait: Wait = True,
) -> None:
    """Replace the content of a document; what it says now answers until the new content has been read."""

    async def updated(api: Api) -> Any:
        with file.open("rb") as content:
            receipt = await api.put_file(f"/documents/{document}/content", (file.name, content))
        return await settled(api, session, receipt, wait=wait)

    finish(session, session.run(updated))


@command(app, "versions")
def versions(session: Session, document: Document) -> None:
    """List the versions of a document that are kept."""
    session.screen.show(session.run(lambda api: api.get(f"/documents/{document}/versions")), _versions)


@command(app, "reindex")
def reindex(session: Session, document: Document, *, wait: Wait = True) -> None:
    """Read a document again from its original."""

    async def reindexed(api: Api) -> Any:
        return await settled(api, session, await api.post(f"/documents/{document}/reindex"), wait=wait)

    finish(session, session.run(reindexed))


@command(app, "merge")
def merge(
    session: Session,
    documents: Annotated[list[str], typer.Argument(help="Ids of the documents (doc_…), in the order wanted.")],
    title: Annotated[str, typer.Option("--title", "-t", help="Title of the merged document.")],
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the documents it is merged from.")] = False,
    wait: Wait = True,
) -> None:
    """Make one document of several, which takes their place."""
    body = {"document_ids": documents, "title": title, "delete_sources": not keep}

    async def merged(api: Api) -> Any:
        return await settled(api, session, await api.post("/documents/merge", body), wait=wait)

    finish(session, session.run(merged))


async def settled(api: Api, session: Session, receipt: dict[str, Any], *, wait: bool) -> dict[str, Any]:
    """The receipt, with its job as it ended if it is waited for, and the document as it is by then."""
    if not wait or receipt["job"] is None:
        return receipt
    (job,) = await follow(api, [receipt["job"]["id"]], session.screen)
    if "document" not in receipt:
        return {**receipt, "job": job}
    return {**receipt, "job": job, "document": await api.get(f"/documents/{receipt['document']['id']}")}


def finish(session: Session, receipt: dict[str, Any]) -> None:
    """Show how it ended; the exit code is 1 if it did not end well."""
    session.screen.show(receipt, _receipt)
    job = receipt["job"]
    if job is not None and job["status"] in {"failed", "cancelled"}:
        raise typer.Exit(1)
    if job is not None and not has_succeeded(job):
        session.screen.note(f"See `ragstone jobs watch {job['id']}`.")


def _receipt(receipt: dict[str, Any]) -> Table:
    job, document = receipt["job"], receipt.get("document")
    told: dict[str, object] = {}
    if document is not None:
        told |= {"document": document["id"], "title": document["title"], "version": document["version"]}
    if receipt.get("unchanged"):
        told["unchanged"] = True
    if job is not None:
        told |= {"job": job["id"], "status": job["status"], **(job["outcome"] or {})}
        error = (document or {}).get("error") or job["last_error"]
        told |= {"problem": error["detail"]} if error else {}
    return facts(told)


def _versions(page: dict[str, Any]) -> Table:
    fields = ("number", "status", "cause", "type", "size_bytes", "n_chunks", "created_at", "published_at")
    rows = (
        [*(item[field] for field in fields), item["error"]["detail"] if item["error"] else None]
        for item in page["items"]
    )
    return table((*fields, "problem"), rows)
