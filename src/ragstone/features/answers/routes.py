"""Answers over HTTP, whole or as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Header, Request
from starlette.responses import StreamingResponse

from ragstone.features.accounts.routes import Caller, Locale, Ports
from ragstone.features.answers.answer import answer, answer_whole
from ragstone.features.answers.result import AnswerEvent, Cited, Searched, Written
from ragstone.features.answers.schemas import AnswerBody, AnswerView, CitationView, VerdictView, VerifyBody, VerifyView
from ragstone.features.answers.verify import Verdict, verify
from ragstone.features.search.schemas import HitView, notice_views
from ragstone.kit import sse
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.problem_json import problem_body
from ragstone.ports.runtime import Runtime

router = APIRouter(tags=["answers"])

_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            sse.MEDIA_TYPE: {
                "schema": {
                    "type": "string",
                    "description": "Events search, delta, citation, usage, done (the whole answer), problem.",
                }
            }
        }
    }
}


class ModelNotOffered(Problem):
    """The server has no such model."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "model_not_offered"


@router.post("/answers", response_model=AnswerView, responses=_EVENTS)
async def answers(
    request: Request,
    ports: Ports,
    caller: Caller,
    locale: Locale,
    body: AnswerBody,
    accept: Annotated[str, Header()] = "",
) -> AnswerView | StreamingResponse:
    """The answer to a question, every citation verified against the stored bytes."""
    _check_model(ports, body)
    if not body.stream and sse.MEDIA_TYPE not in accept:
        return AnswerView.of(await answer_whole(ports, caller, body.request()))
    events = _told(answer(ports, caller, body.request()), locale, request.state.request_id)
    return StreamingResponse(sse.stream(events), media_type=sse.MEDIA_TYPE, headers={"Cache-Control": "no-store"})


@router.post("/citations/verify")
async def verify_citations(ports: Ports, caller: Caller, body: VerifyBody) -> VerifyView:
    """Check citations against the stored bytes again."""
    verdicts = await verify(ports.db, caller, [item.claim() for item in body.citations])
    results = [VerdictView(verified=verdict is Verdict.VERIFIED, verdict=verdict) for verdict in verdicts]
    return VerifyView(all_verified=all(item.verified for item in results), results=results)


def _check_model(ports: Runtime, body: AnswerBody) -> None:
    if body.model is not None and body.model != ports.chat.name:
        raise ModelNotOffered(model=body.model, offered=ports.chat.name)


async def _told(events: AsyncIterator[AnswerEvent], locale: str, request_id: str) -> AsyncIterator[sse.SentEvent]:
    """The answer's events on the wire. Trouble after the first byte is an event too."""
    try:
        async for event in events:
            for sent in _sent(event, locale):
                yield sent
    except Problem as problem:
        yield sse.SentEvent("problem", problem_body(problem, locale, request_id))


def _sent(event: AnswerEvent, locale: str) -> list[sse.SentEvent]:
    if isinstance(event, Searched):
        results = [HitView.of(hit).model_dump(mode="json") for hit in event.outcome.hits]
        notices = [item.model_dump() for item in notice_views(event.outcome, locale)]
        return [sse.SentEvent("search", {"query_id": event.outcome.query_id, "results": results, "notices": notices})]
    if isinstance(event, Written):
        return [sse.SentEvent("delta", {"text": event.text})]
    if isinstance(event, Cited):
        return [sse.SentEvent("citation", CitationView.of(event.citation).model_dump(mode="json"))]
    whole = AnswerView.of(event.answer).model_dump(mode="json")
    return [sse.SentEvent("usage", whole["usage"]), sse.SentEvent("done", whole)]
