"""`ragstone search`: the best chunks for a question."""

import json
from typing import Annotated, Any

import typer
from rich.text import Text

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.collection_names import collection_ids
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import plain
from ragstone.entry.cli.session import Session
from ragstone.features.search.result import Mode

app = typer.Typer()

_SNIPPET_CHARS = 320


@command(app, "search")
def search(  # noqa: PLR0913 - a parameter is an option.
    session: Session,
    query: Annotated[str, typer.Argument(help="What to look for.")],
    collection: Annotated[
        list[str] | None, typer.Option("--collection", "-c", help="Name or id of a collection; may be repeated.")
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="By words and meaning, by meaning alone, or by words alone.")
    ] = Mode.HYBRID,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most results to show.")] = 10,
    filters: Annotated[
        str | None, typer.Option("--filter", help='Filter tree in JSON: {"field": "tag", "op": "eq", "value": "it"}.')
    ] = None,
    *,
    explain: Annotated[bool, typer.Option("--explain", help="Show why each result is where it is.")] = False,
) -> None:
    """Search by words and meaning."""
    tree = _tree(filters)

    async def found(api: Api) -> Any:
        body = {"query": query, "mode": mode, "limit": limit, "explain": explain}
        named = await collection_ids(api, collection or [])
        return await api.post("/search", body | {"collection_ids": named, "filters": tree})

    session.screen.show(session.run(found), _results)


def _tree(filters: str | None) -> Any:
    try:
        return json.loads(filters) if filters else None
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"not valid JSON: {error}", param_hint="--filter") from error


def _results(found: dict[str, Any]) -> Text:
    hits = [_hit(number, hit) for number, hit in enumerate(found["results"], start=1)]
    notices = [plain(f"({notice['detail']})", "dim") for notice in found["notices"]]
    return Text("\n\n").join([*(hits or [plain("Nothing found.")]), *notices])


def _hit(number: int, hit: dict[str, Any]) -> Text:
    lines = [
        Text(" ").join([plain(f"{number}."), plain(hit["document_title"], "bold"), plain(_place(hit), "dim")]),
        plain(f"   {' '.join(hit['text'].split())[:_SNIPPET_CHARS]}"),
    ]
    if hit.get("explain"):
        shown = ", ".join(
            f"{name} {_short(value)}" for name, value in hit["explain"].items() if value not in (None, [])
        )
        lines.append(plain(f"   {shown}", "cyan"))
    return Text("\n").join(lines)


def _place(hit: dict[str, Any]) -> str:
    """Where the chunk stands: score, page, headings, span, document."""
    span = hit["span"]
    parts = [
        f"score {hit['score']:.3f}",
        f"page {span['page_label'] or span['page_start']}" if span["page_start"] else "",
        " › ".join(hit["headings"]),  # noqa: RUF001 - a path of headings is written with this mark.
        f"bytes {span['start_byte']}–{span['end_byte']}",  # noqa: RUF001 - a range is written with this dash.
        hit["document_id"],
    ]
    return " · ".join(part for part in parts if part)


def _short(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
