"""What is sent, and how much of it at once."""

import asyncio

import numpy as np
import pytest
from tests.backends.embed_openai.conftest import MakeEmbedder
from tests.backends.embed_openai.server import Answer, Asked, EmbeddingServer

from ragstone.backends.embed_openai.embedder import OpenAIEmbedder


async def test_a_request_names_model_format_and_key_and_nothing_the_user_did_not_set(
    embedder: OpenAIEmbedder, server: EmbeddingServer
) -> None:
    await embedder.embed_query("harbour")
    (asked,) = server.asked
    assert asked.body == {"model": "test-model", "input": ["harbour"], "encoding_format": "float"}
    assert asked.headers["authorization"] == "Bearer sk-very-secret"


async def test_dimensions_are_sent_when_set(make: MakeEmbedder, server: EmbeddingServer) -> None:
    await make(dimensions=16).embed_query("harbour")
    assert server.asked[0].body["dimensions"] == 16


async def test_questions_and_passages_get_their_prefixes(make: MakeEmbedder, server: EmbeddingServer) -> None:
    embedder = make(query_prefix="query: ", passage_prefix="passage: ")
    await embedder.embed_query("tide")
    await embedder.embed_passages(["tide"])
    assert server.texts == [["query: tide"], ["passage: tide"]]


async def test_texts_without_content_are_not_sent_and_get_no_direction(
    make: MakeEmbedder, server: EmbeddingServer
) -> None:
    vectors = await make(passage_prefix="passage: ").embed_passages(["", "tide", " \n\t"])
    assert server.texts == [["passage: tide"]]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [0, 1, 0], atol=1e-6)


async def test_nothing_is_sent_for_nothing(embedder: OpenAIEmbedder, server: EmbeddingServer) -> None:
    assert (await embedder.embed_passages(["", " "])).shape == (2, 16)
    assert server.asked == []


async def test_requests_hold_no_more_texts_than_allowed(make: MakeEmbedder, server: EmbeddingServer) -> None:
    await make(batch_inputs=3).embed_passages([f"berth {n}" for n in range(8)])
    assert sorted(len(texts) for texts in server.texts) == [2, 3, 3]


async def test_requests_hold_no_more_tokens_than_allowed(make: MakeEmbedder, server: EmbeddingServer) -> None:
    texts = ["x" * 300] * 5 + ["y" * 3000] + ["x" * 300]
    await make(batch_tokens=250).embed_passages(texts)
    assert sorted(len(texts) for texts in server.texts) == [1, 1, 1, 2, 2]


async def test_vectors_come_as_base64_where_that_is_wanted(make: MakeEmbedder) -> None:
    texts = ["tide", "harbour"]
    plain = await make().embed_passages(texts)
    packed = await make(encoding_format="base64").embed_passages(texts)
    np.testing.assert_allclose(packed, plain, atol=1e-6)


async def test_a_question_waits_behind_no_passage(make: MakeEmbedder, server: EmbeddingServer) -> None:
    gate = asyncio.Event()
    embedder = make(concurrency=1, requests_per_minute=1, tokens_per_minute=1)

    def hold(asked: Asked) -> Answer | None:
        return Answer(body=server.good(asked).body, after=gate) if "passage" in asked.texts[0] else None

    server.rules.append(hold)
    passages = [asyncio.create_task(embedder.embed_passages([f"passage {n}"])) for n in range(10)]
    await server.was_asked(1)
    for _ in range(3):
        await embedder.embed_query("question")
    assert not any(task.done() for task in passages)
    for task in passages:
        task.cancel()
    await asyncio.gather(*passages, return_exceptions=True)


async def test_no_more_requests_run_at_once_than_allowed(make: MakeEmbedder, server: EmbeddingServer) -> None:
    gate = asyncio.Event()
    server.rules.append(lambda asked: Answer(body=server.good(asked).body, after=gate))
    task = asyncio.create_task(make(concurrency=2, batch_inputs=1).embed_passages([f"berth {n}" for n in range(6)]))
    await server.was_asked(2)
    await asyncio.sleep(0.1)  # Long enough for a third to come, if it were let through.
    assert len(server.asked) == 2
    gate.set()
    assert (await task).shape == (6, 16)


async def test_requests_a_minute_are_held_back_in_advance(make: MakeEmbedder, server: EmbeddingServer) -> None:
    task = asyncio.create_task(
        make(requests_per_minute=60, batch_inputs=1).embed_passages([f"berth {n}" for n in range(9)])
    )
    await server.was_asked(1)
    await asyncio.sleep(0.1)  # A second request is due after a second; without the limit all would come at once.
    assert len(server.asked) < 4
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_the_server_read_is_counted(make: MakeEmbedder) -> None:
    embedder = make(batch_inputs=2)
    await embedder.embed_passages(["one two three", "four", "five six"])
    await embedder.embed_query("seven")
    usage = embedder.usage
    assert (usage.n_texts, usage.n_tokens, usage.n_requests, usage.n_shortened) == (4, 7, 3, 0)
    assert usage.seconds > 0


@pytest.mark.parametrize("size", [1536, 3072])
async def test_large_vectors_are_as_welcome_as_small_ones(
    make: MakeEmbedder, server: EmbeddingServer, size: int
) -> None:
    server.dimensions = size
    embedder = make(known_dimensions=size)
    assert (await embedder.embed_passages(["tide"])).shape == (1, size)
    assert embedder.profile.dimensions == size
