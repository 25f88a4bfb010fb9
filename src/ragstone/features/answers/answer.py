"""Answer a question: search, let the model write, check every citation as it comes, grade the whole."""

import secrets
import time
from collections.abc import AsyncIterator

from ragstone.engine.answering.citations import CitationReader, Progress
from ragstone.engine.answering.grounding import Grounding, ground
from ragstone.engine.answering.prompts import instructions
from ragstone.engine.language.detect import detect
from ragstone.features.answers.result import (
    Answer,
    Answered,
    AnswerEvent,
    AnswerRequest,
    Cited,
    Searched,
    VerifiedCitation,
    Written,
)
from ragstone.features.answers.sources import SourceShelf
from ragstone.features.search.find import find
from ragstone.features.search.result import SearchOutcome, SearchRequest
from ragstone.kit.i18n import message
from ragstone.kit.scope import Scope
from ragstone.ports.chat_model import ChatRequest, Finish, Usage
from ragstone.ports.runtime import Runtime

_DEPTH = 10
_FENCE_BYTES = 8
_NO_USAGE = Usage(0, 0, 0.0)
_NO_GROUNDING = Grounding(0.0, ())


class _Writing:
    """An answer while it is being written."""

    def __init__(self, runtime: Runtime, scope: Scope, request: AnswerRequest, outcome: SearchOutcome) -> None:
        self.began = time.perf_counter()
        self.language = request.language or detect(request.query)
        self.outcome = outcome
        self.shelf = SourceShelf(runtime.db, scope, outcome.hits)
        self.reader = CitationReader(self.shelf.sources, request.max_citations)
        self.citations: list[VerifiedCitation] = []
        self.finish = Finish.ANSWERED
        self.usage = _NO_USAGE

    async def emit(self, progress: Progress) -> AsyncIterator[AnswerEvent]:
        """Citations go out before the text that carries their markers, so that no marker is ever seen unverified."""
        for citation in progress.citations:
            verified = await self.shelf.verify(citation)
            self.citations.append(verified)
            yield Cited(verified)
        if progress.text:
            yield Written(progress.text)

    def whole(self, model: str) -> Answer:
        """The finished answer. One without a single verified citation proves nothing and is not given."""
        written = self.reader.resolved
        is_answered = self.finish is Finish.ANSWERED and bool(self.citations)
        return Answer(
            query_id=self.outcome.query_id,
            text=written.text if is_answered else message("answer.insufficient_evidence", self.language),
            status=Finish.ANSWERED if is_answered else Finish.INSUFFICIENT_EVIDENCE,
            citations=tuple(self.citations) if is_answered else (),
            answer_spans=written.answer_spans if is_answered else (),
            grounding=ground(written, self.shelf.sources) if is_answered else _NO_GROUNDING,
            model=model,
            usage=self.usage,
            timings_ms=self._timings_ms(),
            n_dropped=written.n_dropped,
        )

    def _timings_ms(self) -> dict[str, float]:
        generate = (time.perf_counter() - self.began) * 1000
        search = self.outcome.timings_ms
        return {**search, "generate": round(generate, 3), "total": round(search["total"] + generate, 3)}


async def answer(runtime: Runtime, scope: Scope, request: AnswerRequest) -> AsyncIterator[AnswerEvent]:
    """The answer as it comes about, ending with `Answered`. Closing the iterator stops the model.

    Raises what `find` raises, `ChatModelUnavailable`, `SourceChanged`.
    """
    search = SearchRequest(request.query, request.collection_ids, request.filter, limit=_DEPTH)
    outcome = await find(runtime, scope, search)
    yield Searched(outcome)
    writing = _Writing(runtime, scope, request, outcome)
    rules = instructions(writing.language, secrets.token_hex(_FENCE_BYTES))
    asked = ChatRequest(request.query, writing.shelf.sources, rules, writing.language, request.max_citations)
    async for delta in runtime.chat.stream(asked):
        writing.finish = delta.finish or writing.finish
        writing.usage = delta.usage or writing.usage
        async for event in writing.emit(writing.reader.feed(delta.text)):
            yield event
    async for event in writing.emit(writing.reader.finish()):
        yield event
    yield Answered(writing.whole(runtime.chat.name))


async def answer_whole(runtime: Runtime, scope: Scope, request: AnswerRequest) -> Answer:
    """The answer when it is finished. Raises as `answer` does."""
    events = [event async for event in answer(runtime, scope, request)]
    last = events[-1]
    assert isinstance(last, Answered)
    return last.answer
