"""Changing what is said about documents: at once in their rows, soon in the index, and never embedded again."""

import time
from typing import Any

from tests.journeys.api import Api

_FOLLOWS_WITHIN_S = 20.0


def ingest(api: Api, name: str, *documents: dict[str, Any]) -> list[str]:
    return [item["id"] for item in api.ingest(api.collection(name), *documents)["documents"]]


def filtered(api: Api, query: str, field: str, value: object) -> list[str]:
    return api.found(query, filters={"field": field, "op": "eq", "value": value}, mode="lexical")


def follows(api: Api, query: str, field: str, value: object, titles: list[str]) -> None:
    """The index follows within moments."""
    deadline = time.monotonic() + _FOLLOWS_WITHIN_S
    while sorted(filtered(api, query, field, value)) != sorted(titles):
        assert time.monotonic() < deadline, filtered(api, query, field, value)
        time.sleep(0.05)


def test_a_new_label_is_shown_at_once_and_soon_searched_by(api: Api) -> None:
    text = "The capstan turns slowly."
    (document_id,) = ingest(api, "labels", {"text": text, "title": "Old", "tags": ["a"], "metadata": {"k": 1, "x": 2}})
    chunks = list(api.pages(f"/documents/{document_id}/chunks"))
    patch = {"title": "Ropewalk", "tags": ["b", "c"], "metadata": {"k": 7, "x": None, "new": "نعم"}}
    changed = api.ok("PATCH", f"/documents/{document_id}", json=patch)
    assert (changed["title"], changed["tags"], changed["metadata"]) == ("Ropewalk", ["b", "c"], {"k": 7, "new": "نعم"})
    assert api.ok("GET", f"/documents/{document_id}") == changed
    follows(api, "capstan", "tag", "c", ["Ropewalk"])
    follows(api, "capstan", "metadata.new", "نعم", ["Ropewalk"])
    assert filtered(api, "capstan", "tag", "a") == []
    assert filtered(api, "capstan", "metadata.x", 2) == []
    assert api.found("ropewalk", mode="lexical") == ["Ropewalk"], "the new title is among the words"
    assert list(api.pages(f"/documents/{document_id}/chunks")) == chunks, "its content is as it was"
    assert len(api.ok("GET", f"/documents/{document_id}/versions")["items"]) == 1


def test_a_title_taken_back_gives_way_to_the_one_in_the_content(api: Api) -> None:
    collection_id = api.collection("found titles")
    receipt = api.upload(collection_id, ("x.md", b"# Bollards\n\nThey hold ropes."))
    api.finished(receipt["job"])
    document_id = receipt["documents"][0]["id"]
    assert api.ok("PATCH", f"/documents/{document_id}", json={"title": "Mine"})["title"] == "Mine"
    assert api.ok("PATCH", f"/documents/{document_id}", json={"title": None})["title"] == "Bollards"


def test_a_patch_that_names_nothing_changes_nothing(api: Api) -> None:
    (document_id,) = ingest(api, "labels unchanged", {"text": "Stays.", "title": "S", "tags": ["t"]})
    before = api.ok("GET", f"/documents/{document_id}")
    after = api.ok("PATCH", f"/documents/{document_id}", json={})
    assert {**after, "updated_at": None} == {**before, "updated_at": None}


def test_a_label_out_of_form_is_refused(api: Api) -> None:
    (document_id,) = ingest(api, "refused labels", {"text": "x"})
    for body in ({"title": " "}, {"tags": [""]}, {"metadata": {"a b": 1}}, {"status": "ready"}):
        api.problem(422, "validation_failed", "PATCH", f"/documents/{document_id}", json=body)
    api.problem(404, "document_not_found", "PATCH", "/documents/doc_none", json={"title": "x"})


def test_many_documents_are_labelled_in_one_call(api: Api) -> None:
    ids = ingest(
        api, "bulk labels", *({"text": f"The mooring {n}.", "title": f"m{n}", "tags": ["o"]} for n in range(3))
    )
    body = {"document_ids": ids, "add_tags": ["n"], "remove_tags": ["o"], "metadata": {"batch": 4}}
    report = api.ok("POST", "/documents/bulk-update", json=body)
    assert report["total"] == 3
    assert [(item["document_id"], item["status"]) for item in report["items"]] == [(item, "updated") for item in ids]
    assert {tuple(item["document"]["tags"]) for item in report["items"]} == {("n",)}
    follows(api, "mooring", "metadata.batch", 4, ["m0", "m1", "m2"])


def test_one_missing_document_leaves_all_as_they_were_and_is_named(api: Api) -> None:
    ids = ingest(api, "bulk refused", {"text": "One."}, {"text": "Two."})
    body = {"document_ids": [ids[0], "doc_none", ids[1]], "add_tags": ["n"]}
    problem = api.problem(404, "bulk_refused", "POST", "/documents/bulk-update", json=body)
    (error,) = problem["errors"]
    assert (error["pointer"], error["code"]) == ("#/document_ids/1", "document_not_found")
    assert api.ok("GET", f"/documents/{ids[0]}")["tags"] == []
    api.problem(404, "bulk_refused", "POST", "/documents/bulk-delete", json={"document_ids": [ids[0], "doc_none"]})
    assert api.ok("GET", f"/documents/{ids[0]}")["id"] == ids[0]
    api.problem(422, "validation_failed", "POST", "/documents/bulk-update", json={"document_ids": ids})


def test_many_documents_are_deleted_in_one_call(api: Api) -> None:
    ids = ingest(api, "bulk deleted", *({"text": f"The guillemot {n}."} for n in range(4)))
    report = api.ok("POST", "/documents/bulk-delete", json={"document_ids": [*ids[:3], ids[0]]})
    assert [item["status"] for item in report["items"]] == ["deleted"] * 3
    assert len(api.found("guillemot", mode="lexical")) == 1
    api.problem(404, "document_not_found", "GET", f"/documents/{ids[0]}")
