"""An answer as people read it, and the second check of its citations."""

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.screen import Screen, plain
from ragstone.ports.chat_model import Finish

Answer = dict[str, Any]


async def verify(api: Api, answer: Answer) -> dict[str, Any]:
    """The server's verdicts on the citations of an answer, which it makes by reading the stored bytes again."""
    verdicts: dict[str, Any] = await api.post("/citations/verify", {"citations": answer["citations"]})
    return verdicts


def is_answered(answer: Answer) -> bool:
    """Whether the documents held an answer."""
    return bool(answer["status"] == Finish.ANSWERED)


def show_citations(answer: Answer, verdicts: dict[str, Any] | None, screen: Screen) -> None:
    """Where each marker points; with `verdicts`, also what the second check found."""
    checks: Iterator[dict[str, Any] | None] = iter(
        verdicts["results"] if verdicts else [None] * len(answer["citations"])
    )
    for citation, check in zip(answer["citations"], checks, strict=True):
        screen.say()
        screen.say(plain(f"[{citation['marker']}] ", "cyan"), plain(citation["document_title"], "bold"))
        screen.say(plain(f"    {_place(citation)}", "dim"), *_verdict(check))
        screen.say(f"    “{citation['quote']}”")


def _place(citation: dict[str, Any]) -> str:
    page = f"page {citation['page_label'] or citation['page_start']} · " if citation["page_start"] else ""
    span = f"bytes {citation['start_byte']}–{citation['end_byte']}"  # noqa: RUF001 - a range is written with this dash.
    return f"{page}{span} · version {citation['version']} · {citation['verified']} · {citation['document_id']}"


def _verdict(check: dict[str, Any] | None) -> list[Text]:
    if check is None:
        return []
    return [plain(f" · checked again: {check['verdict']}", "green" if check["verified"] else "bold red")]
