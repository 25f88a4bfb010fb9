"""`ragstone documents`: list, show, read, label and delete documents; `versions` has what is done to them over time."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ragstone.entry.cli import versions
from ragstone.entry.cli.api import Api
from ragstone.entry.cli.collection_names import get_collection
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import facts, plain, table
from ragstone.entry.cli.session import Session

app = typer.Typer(help="List, show, read, label, update, merge and delete documents.", no_args_is_help=True)
app.add_typer(versions.app)

Document = Annotated[str, typer.Argument(help="Id of the document (doc_…).")]
Cursor = Annotated[str | None, typer.Option(help="Where the page before ended.")]


@command(app, "list")
def list_documents(
    session: Session,
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Name or id of a collection.")] = None,
    status: Annotated[str | None, typer.Option(help="Only documents in this state, such as ready or failed.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only documents with this tag.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most documents to list.")] = 50,
    cursor: Cursor = None,
) -> None:
    """List documents, newest first."""

    async def listed(api: Api) -> Any:
        collection_id = (await get_collection(api, collection))["id"] if collection else None
        params = {"collection_id": collection_id, "status": status, "tag": tag, "limit": limit, "cursor": cursor}
        return await api.get("/documents", **params)

    page = session.run(listed)
    session.screen.show(page, _page)
    session.screen.note_next(page)


@command(app, "show")
def show(session: Session, document: Document) -> None:
    """Show one document."""
    session.screen.show(session.run(lambda api: api.get(f"/documents/{document}")), facts)


@command(app, "text")
def text(
    session: Session,
    document: Document,
    start_byte: Annotated[int, typer.Option(min=0, help="First byte to show.")] = 0,
    end_byte: Annotated[int | None, typer.Option(min=0, help="Byte to stop before; unset means the end.")] = None,
) -> None:
    """Print the canonical text of a document, which citations point into, or a slice of it."""
    found = session.run(
        lambda api: api.get_text(f"/documents/{document}/text", start_byte=start_byte, end_byte=end_byte)
    )
    session.screen.show({"document_id": document, "start_byte": start_byte, "text": found}, lambda _: plain(found))


@command(app, "chunks")
def chunks(
    session: Session,
    document: Document,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most chunks to list.")] = 100,
    cursor: Cursor = None,
) -> None:
    """List the chunks of a document with their spans."""
    page = session.run(lambda api: api.get(f"/documents/{document}/chunks", limit=limit, cursor=cursor))
    session.screen.show(page, _chunks)
    session.screen.note_next(page)


@command(app, "label")
def label(
    session: Session,
    documents: Annotated[list[str], typer.Argument(help="Ids of the documents (doc_…).")],
    title: Annotated[str | None, typer.Option(help="New title, for a single document.")] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", "-t", help="Tag to add; may be repeated.")] = None,
    untag: Annotated[list[str] | None, typer.Option(help="Tag to take away; may be repeated.")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", "-m", help="key=value, or key= to take it away; may be repeated.")
    ] = None,
) -> None:
    """Change title, tags or metadata of documents: all of them, or none. Nothing is embedded again."""
    if title is not None and len(documents) > 1:
        raise typer.BadParameter("several documents cannot have one title", param_hint="--title")
    pairs = [item.partition("=") for item in metadata or []]
    given = {key: value or None for key, _, value in pairs}
    change = {"add_tags": tag or [], "remove_tags": untag or [], "metadata": given}

    async def changed(api: Api) -> list[Any]:
        if len(documents) == 1:
            return [await api.patch(f"/documents/{documents[0]}", change | ({"title": title} if title else {}))]
        report = await api.post("/documents/bulk-update", change | {"document_ids": documents})
        return [item["document"] for item in report["items"]]

    session.screen.show({"items": session.run(changed), "next_cursor": None}, _page)


@command(app, "delete")
def delete(
    session: Session,
    documents: Annotated[list[str], typer.Argument(help="Ids of the documents (doc_…).")],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete documents, all of them or none: hidden at once, removed everywhere soon after."""
    if not yes:
        typer.confirm(f"Delete {len(documents)} document(s)?", abort=True, err=True)
    session.run(lambda api: api.post("/documents/bulk-delete", {"document_ids": documents}))
    session.screen.show({"deleted": documents}, facts)


def _page(page: dict[str, Any]) -> Table:
    fields = ("id", "title", "status", "type", "size_bytes", "tags", "created_at")
    rows = ({**item, "tags": ", ".join(item["tags"])} for item in page["items"])
    return table(fields, ([row[field] for field in fields] for row in rows))


def _chunks(page: dict[str, Any]) -> Table:
    rows = (
        (
            item["ordinal"],
            f"{item['start_byte']}–{item['end_byte']}",  # noqa: RUF001 - a range is written with this dash.
            item["page_start"],
            item["n_tokens"],
            " › ".join(item["headings"]),  # noqa: RUF001 - a path of headings is written with this mark.
            item["text"],
        )
        for item in page["items"]
    )
    return table(("no.", "bytes", "page", "tokens", "headings", "text"), rows)
