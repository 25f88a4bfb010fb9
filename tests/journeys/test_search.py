"""Search: three modes, every filter, facets, explanations, and a question in Arabic."""

from typing import Any

import pytest
from tests.journeys.api import Api
from tests.journeys.conftest import Corpus

from ragstone.samples import tour_questions

ENGLISH, ARABIC, _ = tour_questions()
QUERY = ENGLISH.question
BOATS = (
    {"title": "Ada", "text": "The boat Ada is a ketch.", "tags": ["sail", "old"], "metadata": {"length": 12.5}},
    {"title": "Bea", "text": "The boat Bea is a tug.", "tags": ["motor"], "metadata": {"length": 30, "owner": "Orla"}},
    {"title": "Cleo", "text": "The boat Cleo is a sloop.", "tags": ["sail"], "metadata": {"length": 8, "sold": True}},
    {"title": "Dora", "text": "# Boat\n\nDora is a barge.", "source_type": "markdown", "metadata": {"owner": "Otis"}},
)


@pytest.fixture(scope="module")
def boats(api: Api) -> str:
    """A collection of four boats."""
    collection_id = api.collection("boats")
    api.ingest(collection_id, *BOATS)
    return collection_id


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_every_mode_finds_the_passage_and_shows_where_it_stands(api: Api, corpus: Corpus, mode: str) -> None:
    found = api.search(QUERY, mode=mode, collection_ids=[corpus.collection_id], limit=5)
    assert ENGLISH.document is not None
    assert corpus.documents[ENGLISH.document]["id"] in {hit["document_id"] for hit in found["results"]}
    assert found["query_id"].startswith("qry_")
    scores = [hit["score"] for hit in found["results"]]
    assert scores == sorted(scores, reverse=True)
    for hit in found["results"]:
        span = {name: hit["span"][name] for name in ("start_byte", "end_byte")}
        assert api.text(hit["document_id"], **span).decode() == hit["text"]
        assert hit["metadata"]["source"] == "samples"


def test_timings_name_the_stages_and_the_total_is_the_largest(api: Api, corpus: Corpus) -> None:
    timings = api.search(QUERY, collection_ids=[corpus.collection_id])["timings_ms"]
    assert timings.keys() >= {"embed", "lexical", "dense", "fuse", "hydrate", "total"}
    assert timings["total"] == max(timings.values())


def test_an_explanation_tells_where_a_hit_stood_on_each_leg(api: Api, corpus: Corpus) -> None:
    found = api.search(QUERY, explain=True, mmr={"lambda": 0.5}, collection_ids=[corpus.collection_id])
    ranks = [hit["explain"]["mmr_rank"] for hit in found["results"]]
    assert ranks == list(range(1, len(ranks) + 1))
    first = min(found["results"], key=lambda hit: hit["explain"]["lexical_rank"] or 99)["explain"]
    assert first["lexical_rank"] == 1
    assert first["dense_rank"] is not None
    assert first["terms"]
    assert all(hit["explain"] is None for hit in api.search(QUERY)["results"])


def test_a_question_in_arabic_finds_arabic_passages(api: Api, corpus: Corpus) -> None:
    found = api.search(ARABIC.question, collection_ids=[corpus.collection_id])
    assert ARABIC.document is not None
    assert found["results"][0]["document_id"] == corpus.documents[ARABIC.document]["id"]
    assert [notice["code"] for notice in found["notices"]] == ["language_not_covered"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"field": "tag", "op": "eq", "value": "sail"}, {"Ada", "Cleo"}),
        ({"field": "tag", "op": "ne", "value": "sail"}, {"Bea", "Dora"}),
        ({"field": "tag", "op": "in", "value": ["old", "motor"]}, {"Ada", "Bea"}),
        ({"field": "tag", "op": "nin", "value": ["old", "motor"]}, {"Cleo", "Dora"}),
        ({"field": "tag", "op": "exists", "value": False}, {"Dora"}),
        ({"field": "metadata.length", "op": "gt", "value": 12.5}, {"Bea"}),
        ({"field": "metadata.length", "op": "gte", "value": 12.5}, {"Ada", "Bea"}),
        ({"field": "metadata.length", "op": "lt", "value": 12.5}, {"Cleo"}),
        ({"field": "metadata.length", "op": "lte", "value": 12.5}, {"Ada", "Cleo"}),
        ({"field": "metadata.length", "op": "eq", "value": 30}, {"Bea"}),
        ({"field": "metadata.sold", "op": "eq", "value": True}, {"Cleo"}),
        ({"field": "metadata.owner", "op": "prefix", "value": "O"}, {"Bea", "Dora"}),
        ({"field": "metadata.owner", "op": "exists", "value": True}, {"Bea", "Dora"}),
        ({"field": "type", "op": "eq", "value": "text/markdown"}, {"Dora"}),
        ({"field": "language", "op": "eq", "value": "en"}, {"Ada", "Bea", "Cleo", "Dora"}),
        ({"field": "size_bytes", "op": "gt", "value": 24}, {"Cleo"}),
        ({"field": "created_at", "op": "gt", "value": "2020-01-01T00:00:00Z"}, {"Ada", "Bea", "Cleo", "Dora"}),
        ({"field": "created_at", "op": "lt", "value": "2020-01-01T00:00:00Z"}, set()),
        ({"field": "filename", "op": "exists", "value": True}, set()),
        ({"not": {"field": "tag", "op": "eq", "value": "sail"}}, {"Bea", "Dora"}),
        (
            {
                "or": [
                    {"field": "metadata.owner", "op": "eq", "value": "Otis"},
                    {
                        "and": [
                            {"field": "tag", "op": "eq", "value": "sail"},
                            {"field": "tag", "op": "eq", "value": "old"},
                        ]
                    },
                ]
            },
            {"Ada", "Dora"},
        ),
        ({"and": []}, {"Ada", "Bea", "Cleo", "Dora"}),
        ({"or": []}, set()),
    ],
)
def test_a_search_is_filtered(api: Api, boats: str, filters: dict[str, Any], expected: set[str]) -> None:
    for mode in ("hybrid", "lexical"):
        assert set(api.found("boat", filters=filters, mode=mode, collection_ids=[boats])) == expected


@pytest.mark.parametrize(
    ("filters", "pointer"),
    [
        ({"field": "colour", "op": "eq", "value": "red"}, "#/filters/field"),
        ({"field": "chunk_id", "op": "eq", "value": "x"}, "#/filters/field"),
        ({"field": "tag", "op": "like", "value": "x"}, "#/filters/op"),
        ({"field": "tag", "op": "eq", "value": ["x"]}, "#/filters"),
        ({"field": "tag", "op": "in", "value": "x"}, "#/filters"),
        ({"field": "size_bytes", "op": "gt", "value": "big"}, "#/filters"),
        ({"field": "created_at", "op": "gt", "value": "yesterday"}, "#/filters"),
        ({"field": "tag", "op": "eq", "value": "x", "or": []}, "#/filters"),
        (
            {"and": [{"field": "tag", "op": "eq", "value": "a"}, {"field": "?", "op": "eq", "value": 1}]},
            "#/filters/and/1",
        ),
        ({"maybe": []}, "#/filters"),
    ],
)
def test_a_filter_that_is_not_understood_is_refused_where_it_stands(
    api: Api, filters: dict[str, Any], pointer: str
) -> None:
    problem = api.problem(422, "validation_failed", "POST", "/search", json={"query": "x", "filters": filters})
    assert problem["errors"][0]["pointer"].startswith(pointer)


def test_facets_count_what_the_filter_leaves(api: Api, boats: str) -> None:
    sail = {"field": "tag", "op": "eq", "value": "sail"}
    facets = api.search("boat", facets=["tag", "type"], filters=sail, collection_ids=[boats])["facets"]
    assert {item["value"]: item["count"] for item in facets["tag"]} == {"sail": 2, "old": 1}
    assert facets["type"] == [{"value": "text/plain", "count": 2}]


def test_repetitions_are_left_out_unless_they_are_wanted(api: Api) -> None:
    collection_id = api.collection("repetition")
    text = "The same notice about the swing bridge hangs on every door of the harbour office and on the quay wall."
    api.ingest(collection_id, *({"title": f"copy {n}", "text": text} for n in range(3)))
    assert len(api.found("swing bridge", collection_ids=[collection_id])) == 1
    assert len(api.found("swing bridge", collection_ids=[collection_id], dedupe=False)) == 3
    (hit,) = api.search("swing bridge", collection_ids=[collection_id], explain=True)["results"]
    assert len(hit["explain"]["duplicate_ids"]) == 2


def test_what_a_user_writes_is_never_syntax(api: Api, corpus: Corpus) -> None:
    for query in ("' OR 1=1 --", "%", "\\", "*:*", "AND OR NOT", "؟", "🦭", "a" * 10_000, "\u202e"):
        assert "results" in api.search(query, collection_ids=[corpus.collection_id])
