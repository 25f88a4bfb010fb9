"""What the server does to us, and what becomes of it."""

import asyncio

import numpy as np
import pytest
import structlog
from tests.backends.embed_openai.conftest import MakeEmbedder
from tests.backends.embed_openai.server import (
    Answer,
    Asked,
    EmbeddingServer,
    items,
    no_longer_than,
    no_more_than,
    refuse,
    refusing,
)

from ragstone.backends.embed_openai.embedder import OpenAIEmbedder
from ragstone.backends.embed_openai.problems import (
    EmbedderKeyRefused,
    EmbedderModelMissing,
    EmbedderOutOfCredit,
    EmbedderRateLimited,
    EmbedderRefused,
    EmbedderUnreachable,
)
from ragstone.kit.resilience.breaker import Circuit
from ragstone.ports.embedder import EmbedderUnavailable, PassageRejected

TEXTS = [f"berth {n}" for n in range(8)]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(cuts=True),
        Answer(408),
        Answer(409),
        Answer(500, b"oops"),
        Answer(502, b"<html>bad gateway</html>"),
        Answer(503),
        Answer(529),
        refuse("slow down", 429, retry_after_ms="5"),
        Answer(200, b"not json"),
        Answer(200, {"data": []}),
    ],
    ids=lambda answer: f"{answer.status}{answer.content[:8].decode()}",
)
async def test_what_may_pass_is_tried_again(embedder: OpenAIEmbedder, server: EmbeddingServer, answer: Answer) -> None:
    server.script.append(answer)
    assert (await embedder.embed_passages(TEXTS)).shape == (8, 16)
    assert len(server.asked) == 2


async def test_a_server_that_stays_in_trouble_is_told_as_a_problem(
    embedder: OpenAIEmbedder, server: EmbeddingServer
) -> None:
    server.rules.append(lambda _: refuse("overloaded", 503))
    with pytest.raises(EmbedderUnreachable) as caught:
        await embedder.embed_passages(TEXTS)
    assert caught.value.facts["reason"] == "503: overloaded"
    assert caught.value.is_retryable
    assert len(server.asked) == 3


async def test_a_server_that_is_down_is_soon_not_asked_any_more(
    embedder: OpenAIEmbedder, server: EmbeddingServer
) -> None:
    server.rules.append(lambda _: Answer(503))
    for _ in range(2):
        with pytest.raises(EmbedderUnreachable):
            await embedder.embed_passages(TEXTS)
    n_asked = len(server.asked)
    assert embedder.breaker.state.circuit is Circuit.OPEN
    for ask in (embedder.embed_passages(TEXTS), embedder.embed_query("tide")):
        with pytest.raises(EmbedderUnreachable):
            await ask
    assert len(server.asked) == n_asked


async def test_a_server_that_refuses_connections_is_a_problem(
    embedder: OpenAIEmbedder, server: EmbeddingServer
) -> None:
    await server.stop()
    with pytest.raises(EmbedderUnreachable):
        await embedder.embed_query("tide")


async def test_a_silent_server_costs_a_question_no_more_than_its_time_out(
    make: MakeEmbedder, server: EmbeddingServer
) -> None:
    server.rules.append(lambda _: Answer(after=asyncio.Event()))
    with pytest.raises(EmbedderUnreachable, match=r"within 0\.\d+ s"):
        await make(query_timeout_s=0.1).embed_query("tide")


async def test_questions_alone_find_out_that_a_server_is_silent(make: MakeEmbedder, server: EmbeddingServer) -> None:
    server.rules.append(lambda _: Answer(after=asyncio.Event()))
    embedder = make(query_timeout_s=0.1)
    for _ in range(5):
        with pytest.raises(EmbedderUnreachable):
            await embedder.embed_query("tide")
    assert embedder.breaker.state.circuit is Circuit.OPEN
    n_asked = len(server.asked)
    with pytest.raises(EmbedderUnreachable):
        await embedder.embed_query("tide")
    assert len(server.asked) == n_asked


async def test_an_overrun_server_is_left_alone_as_long_as_it_asks(
    embedder: OpenAIEmbedder, server: EmbeddingServer
) -> None:
    server.script.append(refuse("slow down", 429, retry_after="6m0s"))
    with pytest.raises(EmbedderRateLimited) as caught:
        await embedder.embed_passages(TEXTS)
    assert caught.value.facts["retry_after_s"] == 360
    assert len(server.asked) == 1


async def test_no_credit_is_final_and_says_what_to_do(embedder: OpenAIEmbedder, server: EmbeddingServer) -> None:
    server.rules.append(lambda _: refuse("You exceeded your current quota", 429, code="insufficient_quota"))
    for ask in (embedder.embed_passages(TEXTS), embedder.embed_passages(TEXTS), embedder.embed_query("tide")):
        with pytest.raises(EmbedderOutOfCredit, match="quota"):
            await ask
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (refuse("Incorrect API key provided: sk-very-secret", 401), EmbedderKeyRefused),
        (refuse('model "test-model" not found, try pulling it first', 404), EmbedderModelMissing),
        (Answer(404, b"404 page not found"), EmbedderModelMissing),
        (Answer(301, b"", {"location": "https://elsewhere.example"}), EmbedderRefused),
        (refuse("API key not valid. Please pass a valid API key.", 400), EmbedderRefused),
        (refuse("encoding_format base64 is not supported", 422), EmbedderRefused),
    ],
)
async def test_what_is_wrong_with_every_text_is_no_texts_fault(
    embedder: OpenAIEmbedder, server: EmbeddingServer, answer: Answer, problem: type[EmbedderUnavailable]
) -> None:
    server.rules.append(lambda _: answer)
    with pytest.raises(problem):
        await embedder.embed_passages(TEXTS)
    assert len(server.asked) <= 2


async def test_the_key_is_told_to_nobody_else(embedder: OpenAIEmbedder, server: EmbeddingServer) -> None:
    server.rules.append(lambda _: refuse("Incorrect API key provided: sk-very-secret", 401))
    with structlog.testing.capture_logs() as logs, pytest.raises(EmbedderKeyRefused) as caught:
        await embedder.embed_passages(TEXTS)
    assert "sk-very-secret" not in f"{caught.value} {logs} {embedder.breaker.state} {embedder!r}"


@pytest.mark.parametrize(
    "answer",
    [
        refuse("'$.input' is invalid"),
        Answer(422, {"detail": "unprocessable"}),
        refuse("failed to encode response: json: unsupported value: NaN", 500),
        Answer(500, b"internal error"),
    ],
    ids=["400", "422", "nan", "500"],
)
async def test_one_bad_text_is_found_and_the_others_keep_their_vectors(
    embedder: OpenAIEmbedder, server: EmbeddingServer, answer: Answer
) -> None:
    expected = await embedder.embed_passages([*TEXTS[:5], *TEXTS[6:]])
    server.rules.append(refusing("poison", answer))
    with pytest.raises(PassageRejected) as caught:
        await embedder.embed_passages([*TEXTS[:5], "poison", *TEXTS[6:]])
    assert list(caught.value.rejected) == [5]
    assert caught.value.facts["position"] == 5
    np.testing.assert_allclose(np.delete(caught.value.vectors, 5, axis=0), expected, atol=1e-6)
    assert not caught.value.vectors[5].any()
    assert embedder.breaker.state.circuit is Circuit.CLOSED


async def test_positions_count_the_texts_that_were_not_sent(embedder: OpenAIEmbedder, server: EmbeddingServer) -> None:
    server.rules.append(refusing("poison", refuse("no")))
    with pytest.raises(PassageRejected) as caught:
        await embedder.embed_passages(["", "tide", " ", "poison"])
    assert caught.value.rejected == {3: "400: no"}


async def test_a_question_the_server_will_not_take_is_rejected(
    embedder: OpenAIEmbedder, server: EmbeddingServer
) -> None:
    server.rules.append(refusing("poison", refuse("content policy")))
    with pytest.raises(PassageRejected, match="content policy"):
        await embedder.embed_query("poison")


async def test_a_text_that_is_too_long_is_cut_and_the_others_are_not(
    make: MakeEmbedder, server: EmbeddingServer
) -> None:
    embedder = make(max_tokens=30)
    server.rules.append(no_longer_than(10, refuse("the input length exceeds the context length")))
    with structlog.testing.capture_logs() as logs:
        vectors = await embedder.embed_passages([TEXTS[0], "mooring " * 100, TEXTS[1]])
    np.testing.assert_allclose(vectors[1], (await embedder.embed_passages(["mooring " * 9]))[0], atol=1e-3)
    np.testing.assert_allclose(vectors[0], (await embedder.embed_passages([TEXTS[0]]))[0], atol=1e-6)
    assert embedder.usage.n_shortened == 1
    assert [log["chars"] for log in logs if log["event"].startswith("a text was cut")] == [800]


async def test_a_text_that_is_too_long_however_short_is_rejected(
    embedder: OpenAIEmbedder, server: EmbeddingServer
) -> None:
    server.rules.append(refusing("abyss", refuse("maximum context length is 8192 tokens")))
    with pytest.raises(PassageRejected) as caught:
        await embedder.embed_passages(["tide", "abyss " * 1000])
    assert list(caught.value.rejected) == [1]


async def test_how_many_texts_a_server_takes_is_learned(embedder: OpenAIEmbedder, server: EmbeddingServer) -> None:
    server.rules.append(no_more_than(3, refuse("batch size 8 > maximum allowed batch size 3", 422)))
    assert (await embedder.embed_passages(TEXTS)).shape == (8, 16)
    server.asked.clear()
    await embedder.embed_passages(TEXTS)
    assert [len(texts) for texts in server.texts] == [2, 2, 2, 2]


async def test_a_server_that_makes_one_vector_of_many_texts_is_asked_one_by_one(
    embedder: OpenAIEmbedder, server: EmbeddingServer
) -> None:
    def fuse(asked: Asked) -> Answer | None:
        return items([server.embedding(" ".join(asked.texts))], [0])

    expected = await embedder.embed_passages(TEXTS)
    server.rules.append(fuse)
    np.testing.assert_allclose(await embedder.embed_passages(TEXTS), expected, atol=1e-6)


@pytest.mark.parametrize("hole", [float("nan"), float("inf"), None, 1e300])
async def test_a_vector_with_holes_rejects_its_text_alone(
    embedder: OpenAIEmbedder, server: EmbeddingServer, hole: float | None
) -> None:
    good = server.embedding("tide")
    server.script.append(items([good, [hole, *good[1:]], good], [0, 1, 2]))
    with pytest.raises(PassageRejected) as caught:
        await embedder.embed_passages(["tide", "leak", "tide"])
    assert list(caught.value.rejected) == [1]
    np.testing.assert_allclose(np.linalg.norm(caught.value.vectors, axis=1), [1, 0, 1], atol=1e-6)


async def test_a_limit_that_is_used_up_is_waited_for(make: MakeEmbedder, server: EmbeddingServer) -> None:
    used_up = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1h0m0s"}
    server.script.append(Answer(body=items([server.embedding("tide")], [0]).body, headers=used_up))
    embedder = make()
    await embedder.embed_passages(["tide"])
    waiting = asyncio.create_task(embedder.embed_passages(["tide"]))
    await embedder.embed_query("a question goes through")
    assert len(server.asked) == 2
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
