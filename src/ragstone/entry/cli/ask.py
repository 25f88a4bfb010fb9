"""`ragstone ask`: an answer, and where each part of it stands."""

from typing import Annotated, Any

import typer

from ragstone.entry.cli.answer_text import Answer, is_answered, show_citations, verify
from ragstone.entry.cli.api import AnswerUnexpected, Api
from ragstone.entry.cli.collection_names import collection_ids
from ragstone.entry.cli.command import command
from ragstone.entry.cli.screen import Screen, plain
from ragstone.entry.cli.session import Session

app = typer.Typer()


@command(app, "ask")
def ask(
    session: Session,
    query: Annotated[str, typer.Argument(help="The question.")],
    collection: Annotated[
        list[str] | None, typer.Option("--collection", "-c", help="Name or id of a collection; may be repeated.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language to answer in; unset means the question's.")] = None,
    *,
    stream: Annotated[
        bool | None, typer.Option(help="Print the answer while it is written; the default on a terminal.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--verify", help="Have every citation checked again; the exit code is 1 if one is wrong.")
    ] = False,
) -> None:
    """Ask a question; every citation in the answer has been verified against the stored bytes."""
    screen = session.screen
    streamed = not screen.as_json and (screen.out.is_terminal if stream is None else stream)

    async def asked(api: Api) -> Answer:
        body = {"query": query, "language": language, "collection_ids": await collection_ids(api, collection or [])}
        answer = await (_stream(api, body, screen) if streamed else api.post("/answers", body))
        return {**answer, **({"verification": await verify(api, answer)} if check else {})}

    answer = session.run(asked)
    screen.show(answer, lambda _: None)
    if not streamed or not is_answered(answer):
        screen.say(answer["answer"])
    show_citations(answer, answer.get("verification"), screen)
    if check and not answer["verification"]["all_verified"]:
        raise typer.Exit(1)


async def _stream(api: Api, body: dict[str, Any], screen: Screen) -> Answer:
    """The whole answer; its text is printed as it comes."""
    async for name, data in api.events("/answers", {**body, "stream": True}):
        if name == "delta":
            screen.out.print(plain(data["text"]), end="", soft_wrap=True)
        elif name == "done":
            screen.out.print()
            answer: Answer = data
            return answer
    raise AnswerUnexpected(url=api.url, status=200)
