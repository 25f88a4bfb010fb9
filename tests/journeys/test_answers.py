"""Answers whose every citation an independent reader can check against the stored bytes."""

import hashlib
from typing import Any

import pytest
from tests.journeys.api import Api
from tests.journeys.conftest import Corpus

from ragstone.samples import GoldenQuestion, tour_questions

TOUR = tour_questions()


def ask(api: Api, corpus: Corpus, question: GoldenQuestion) -> dict[str, Any]:
    body = {"query": question.question, "collection_ids": [corpus.collection_id]}
    answer: dict[str, Any] = api.ok("POST", "/answers", json=body)
    return answer


@pytest.fixture(scope="module")
def answered(api: Api, corpus: Corpus) -> dict[str, Any]:
    """The answer to the first question of the tour, which a PDF holds."""
    return ask(api, corpus, TOUR[0])


@pytest.mark.parametrize("question", TOUR[:2], ids=lambda question: question.id)
def test_an_answer_is_what_the_document_says(api: Api, corpus: Corpus, question: GoldenQuestion) -> None:
    answer = ask(api, corpus, question)
    assert answer["status"] == "answered"
    assert any(wanted in answer["answer"] for wanted in question.answers)
    assert question.document is not None
    assert corpus.documents[question.document]["id"] in {item["document_id"] for item in answer["citations"]}


@pytest.mark.parametrize("question", TOUR[:2], ids=lambda question: question.id)
def test_every_citation_is_found_in_the_stored_bytes(api: Api, corpus: Corpus, question: GoldenQuestion) -> None:
    answer = ask(api, corpus, question)
    assert answer["citations"]
    for citation in answer["citations"]:
        whole = api.text(citation["document_id"])
        quote = citation["quote"].encode()
        assert api.send("GET", citation["url"]).content == quote
        assert whole[citation["start_byte"] : citation["end_byte"]] == quote
        assert whole.decode()[citation["start_char"] : citation["end_char"]] == citation["quote"]
        assert citation["version_sha256"] == hashlib.sha256(whole).hexdigest()
        assert f"[{citation['marker']}]" in answer["answer"]
    cited = {citation["marker"] for citation in answer["citations"]}
    for span in answer["answer_spans"]:
        assert set(span["markers"]) <= cited
        assert 0 <= span["start_char"] < span["end_char"] <= len(answer["answer"])
    assert 0 < answer["grounding"]["score"] <= 1


def test_what_the_documents_do_not_say_is_not_answered(api: Api, corpus: Corpus) -> None:
    answer = ask(api, corpus, TOUR[2])
    assert answer["status"] == "insufficient_evidence"
    assert answer["citations"] == answer["answer_spans"] == []
    assert answer["answer"]


def test_a_stream_brings_the_same_answer_in_order(api: Api, corpus: Corpus, answered: dict[str, Any]) -> None:
    body = {"query": TOUR[0].question, "collection_ids": [corpus.collection_id]}
    events = list(api.events("POST", "/answers", json={**body, "stream": True}))
    names = [name for name, _ in events]
    assert names[0] == "search"
    assert names[-2:] == ["usage", "done"]
    assert set(names[1:-2]) == {"delta", "citation"}
    seen: set[int] = set()
    text = ""
    for name, data in events:
        if name == "citation":
            seen.add(data["marker"])
        if name == "delta":
            text += data["text"]
            assert all(f"[{marker}]" not in text for marker in range(1, 20) if marker not in seen)
    done = events[-1][1]
    assert text == done["answer"]
    assert [data for name, data in events if name == "citation"] == done["citations"]
    changing = {"query_id", "timings_ms"}
    assert {k: v for k, v in done.items() if k not in changing} == {
        k: v for k, v in answered.items() if k not in changing
    }


def test_an_event_stream_can_be_asked_for_by_its_media_type(api: Api, corpus: Corpus) -> None:
    body = {"query": TOUR[2].question, "collection_ids": [corpus.collection_id]}
    events = list(api.events("POST", "/answers", json=body, headers={"Accept": "text/event-stream"}))
    assert events[-1][0] == "done"
    assert events[-1][1]["status"] == "insufficient_evidence"


def test_a_citation_is_verified_again_and_a_tampered_one_is_not(api: Api, answered: dict[str, Any]) -> None:
    (first, *_) = answered["citations"]
    tampered = {
        "verified": first,
        "quote_differs": {**first, "quote": first["quote"].replace(" ", "  ", 1)},
        "version_differs": {**first, "version_sha256": "0" * 64},
        "version_not_found": {**first, "version": 99},
        "document_not_found": {**first, "document_id": "doc_nowhere"},
    }
    answer = api.ok("POST", "/citations/verify", json={"citations": list(tampered.values())})
    assert [item["verdict"] for item in answer["results"]] == list(tampered)
    assert answer["all_verified"] is False
    assert api.ok("POST", "/citations/verify", json={"citations": answered["citations"]})["all_verified"] is True
    assert api.ok("POST", "/citations/verify", json={"citations": []}) == {"all_verified": True, "results": []}


@pytest.mark.parametrize(
    "span", [(5, 2), (0, 0), (0, 10**7), (10**7, 10**8), (0, 10**30), (10**18, 10**18 + 5), (2**31 - 1, 2**31)]
)
def test_a_citation_with_an_impossible_span_is_not_verified(
    api: Api, answered: dict[str, Any], span: tuple[int, int]
) -> None:
    claim = {**answered["citations"][0], "start_byte": span[0], "end_byte": span[1]}
    response = api.send("POST", "/citations/verify", json={"citations": [claim]})
    assert response.status_code == 422 or response.json()["results"][0]["verdict"] == "quote_differs"


def test_only_models_that_are_offered_can_be_asked(api: Api, answered: dict[str, Any]) -> None:
    body = {"query": "Who?", "model": "no-such-model"}
    assert answered["model"] in api.problem(422, "model_not_offered", "POST", "/answers", json=body)["detail"]
