"""`ragstone tour`: the samples, a few questions about them, and the proof of every answer."""

from typing import Any

import typer

from ragstone.entry.cli.answer_text import is_answered, show_citations, verify
from ragstone.entry.cli.api import Api
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import Screen, plain
from ragstone.entry.cli.seed import plant
from ragstone.entry.cli.session import Session
from ragstone.samples import GoldenQuestion, tour_questions

app = typer.Typer()


@command(app, "tour")
def tour(session: Session) -> None:
    """Show what ragstone does: load the samples, ask, and check every citation again.

    The exit code is 1 if a citation is not verified, or a question is not answered or refused as it should be.
    """

    async def guided(api: Api) -> list[dict[str, Any]]:
        handbook = (await plant(api, session.screen))["collection"]
        return [await _stop(api, handbook["id"], question, session.screen) for question in tour_questions()]

    stops = session.run(guided)
    good = sum(stop["as_expected"] for stop in stops)
    session.screen.show(stops, lambda _: plain(f"\n{good} of {len(stops)} questions went as they should."))
    if good < len(stops):
        raise typer.Exit(1)


async def _stop(api: Api, collection_id: str, question: GoldenQuestion, screen: Screen) -> dict[str, Any]:
    answer = await api.post("/answers", {"query": question.question, "collection_ids": [collection_id]})
    verdicts = await verify(api, answer)
    as_expected = verdicts["all_verified"] and is_answered(answer) is not question.unanswerable
    screen.say(plain(f"\n? {question.question}", "bold cyan"))
    screen.say(answer["answer"])
    show_citations(answer, verdicts, screen)
    if not as_expected:
        screen.say(plain(f"This should have been {'refused' if question.unanswerable else 'answered'}.", "bold red"))
    return {"question": question.question, "answer": answer, "verification": verdicts, "as_expected": as_expected}
