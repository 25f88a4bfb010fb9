"""What every `ChatModel` must do. Subclass `ChatModelContract` and give it a pytest fixture `model`."""

# ruff: noqa: D102 - The name of a contract's test is its sentence.

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from ragstone.ports.chat_model import ChatDelta, ChatModel, ChatRequest, Finish, Source

TOWER: Final = Source(
    marker=1,
    title="Eiffel Tower",
    headings=("History",),
    text="The Eiffel Tower was designed by the engineer Gustave Eiffel. It was completed in March 1889 for a fair.",
    language="en",
)
RIVER: Final = Source(
    marker=2,
    title="نهر النيل",
    headings=(),
    text="يبلغ طول نهر النيل 6650 كيلومترا. ويصب نهر النيل في البحر الأبيض المتوسط.",
    language="ar",
)


def chat_request(question: str, *sources: Source, language: str = "en") -> ChatRequest:
    """A request with plain instructions and no more than three citations."""
    instructions = "Answer from the sources, in their words, and cite each by its marker, such as [1]."
    return ChatRequest(question, sources, instructions, language, max_citations=3)


async def collect(model: ChatModel, request: ChatRequest) -> list[ChatDelta]:
    """Every piece of the model's answer."""
    return [delta async for delta in model.stream(request)]


class ChatModelContract:
    """Tests of the port's semantics; none of them judges how good an answer is."""

    async def test_an_answer_ends_with_its_finish_and_usage_and_nothing_before_has_them(self, model: ChatModel) -> None:
        *pieces, last = await collect(model, chat_request("When was the Eiffel Tower completed?", TOWER))
        assert last.finish is Finish.ANSWERED
        assert last.usage is not None
        assert min(last.usage.prompt_tokens, last.usage.completion_tokens) > 0
        assert last.usage.cost >= 0
        assert all(piece.finish is None and piece.usage is None for piece in pieces)

    async def test_an_answer_cites_the_source_it_comes_from(self, model: ChatModel) -> None:
        deltas = await collect(model, chat_request("When was the Eiffel Tower completed?", TOWER))
        text = "".join(delta.text for delta in deltas)
        assert "1889" in text
        assert "[1]" in text

    async def test_a_question_in_arabic_is_answered_from_an_arabic_source(self, model: ChatModel) -> None:
        deltas = await collect(model, chat_request("كم يبلغ طول نهر النيل؟", RIVER, language="ar"))
        text = "".join(delta.text for delta in deltas)
        assert "6650" in text
        assert "[2]" in text

    async def test_without_sources_the_evidence_is_insufficient(self, model: ChatModel) -> None:
        deltas = await collect(model, chat_request("When was the Eiffel Tower completed?"))
        assert deltas[-1].finish is Finish.INSUFFICIENT_EVIDENCE

    async def test_an_answer_may_be_abandoned_in_the_middle(self, model: ChatModel) -> None:
        stream = model.stream(chat_request("When was the Eiffel Tower completed?", TOWER))
        assert isinstance(stream, AsyncGenerator)
        await anext(stream)
        await stream.aclose()
        assert [delta async for delta in stream] == []

    async def test_answers_given_at_the_same_time_do_not_mix(self, model: ChatModel) -> None:
        tower, river = await asyncio.gather(
            collect(model, chat_request("When was the Eiffel Tower completed?", TOWER)),
            collect(model, chat_request("كم يبلغ طول نهر النيل؟", RIVER, language="ar")),
        )
        assert "6650" not in "".join(delta.text for delta in tower)
        assert "1889" not in "".join(delta.text for delta in river)

    def test_a_model_has_a_name(self, model: ChatModel) -> None:
        assert model.name
