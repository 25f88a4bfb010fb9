"""The life of a collection, from its making to the last trace of it."""

import pytest
from tests.journeys.api import Api


def test_a_collection_is_made_found_changed_and_listed(api: Api) -> None:
    made = api.ok("POST", "/collections", json={"name": " lifecycle ", "description": "first"})
    assert made["name"] == "lifecycle"
    assert made["id"].startswith("col_")
    assert made["chunking"]["strategy"] == "structure"
    assert api.ok("GET", f"/collections/{made['id']}") == made
    changes = {"name": "renamed", "retrieval": {"fusion": "rrf", "depth": 20}}
    changed = api.ok("PATCH", f"/collections/{made['id']}", json=changes)
    assert (changed["name"], changed["description"], changed["retrieval"]["fusion"]) == ("renamed", "first", "rrf")
    assert changed["updated_at"] > made["updated_at"]
    assert made["id"] in {item["id"] for item in api.pages("/collections", limit=1)}


def test_two_collections_cannot_have_one_name(api: Api) -> None:
    api.collection("taken")
    other = api.collection("not taken")
    api.problem(409, "collection_name_taken", "POST", "/collections", json={"name": "taken"})
    api.problem(409, "collection_name_taken", "PATCH", f"/collections/{other}", json={"name": "taken"})


def test_a_search_is_limited_to_the_collections_it_names(api: Api) -> None:
    here, there = api.collection("here"), api.collection("there")
    api.ingest(here, {"title": "mine", "text": "The dredger works at dawn."})
    api.ingest(there, {"title": "other", "text": "The dredger works at dusk."})
    assert api.found("dredger", collection_ids=[here]) == ["mine"]
    assert sorted(api.found("dredger", collection_ids=[here, there])) == ["mine", "other"]
    assert api.found("dredger", collection_ids=[]) == []
    answer = api.ok("POST", "/answers", json={"query": "When does the dredger work?", "collection_ids": [there]})
    assert {citation["document_title"] for citation in answer["citations"]} == {"other"}


def test_a_deleted_collection_takes_its_documents_with_it(api: Api) -> None:
    collection_id = api.collection("doomed")
    api.ingest(collection_id, *({"title": f"doomed {n}", "text": f"The bittern booms {n} times."} for n in range(3)))
    receipt = api.upload(collection_id, ("doomed.txt", b"Another bittern booms."))
    api.finished(receipt["job"])
    document_id = receipt["documents"][0]["id"]
    assert len(api.found("bittern", mode="lexical")) == 4
    api.ok("DELETE", f"/collections/{collection_id}")
    assert api.found("bittern", mode="lexical") == []
    api.problem(404, "collection_not_found", "GET", f"/collections/{collection_id}")
    api.problem(404, "collection_not_found", "DELETE", f"/collections/{collection_id}")
    api.problem(404, "collection_not_found", "POST", "/search", json={"query": "x", "collection_ids": [collection_id]})
    api.problem(404, "document_not_found", "GET", f"/documents/{document_id}")
    assert list(api.pages("/documents", collection_id=collection_id)) == []
    assert api.collection("doomed") != collection_id


def test_a_name_is_free_again_as_soon_as_its_collection_is_deleted(api: Api) -> None:
    first = api.collection("again")
    api.ok("DELETE", f"/collections/{first}")
    assert api.collection("again") != first


@pytest.mark.parametrize("strategy", ["structure", "fixed", "sentences", "rows"])
def test_documents_are_cut_as_their_collection_says_and_quoted_from_the_stored_bytes(api: Api, strategy: str) -> None:
    chunking = {"strategy": strategy, "max_tokens": 16, "overlap_tokens": 4, "window_sentences": 2}
    collection_id = api.collection(f"cut by {strategy}", chunking=chunking)
    text = "The weir opens at six. The lock closes at nine. يفتح السد في السادسة. " * 6
    (document,) = api.ingest(collection_id, {"title": "weir", "text": text})["documents"]
    chunks = list(api.pages(f"/documents/{document['id']}/chunks"))
    whole = api.text(document["id"])
    assert len(chunks) > 1
    for chunk in chunks:
        assert whole[chunk["start_byte"] : chunk["end_byte"]].decode() == chunk["text"]


def test_an_unknown_way_of_cutting_is_refused(api: Api) -> None:
    chunking = {"strategy": "semantic"}
    api.problem(422, "validation_failed", "POST", "/collections", json={"name": "odd", "chunking": chunking})
