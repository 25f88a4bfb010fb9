"""Content a collection has already: another document, the one that is there, or a refusal."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.journeys.api import Api

ONE, TWO = b"The sluice is shut at dusk.", b"The sluice is opened at dawn."


def listed(api: Api, collection_id: str) -> list[str]:
    return [item["id"] for item in api.pages("/documents", collection_id=collection_id, sort="created")]


def test_a_collection_makes_as_many_documents_as_are_sent_unless_told_otherwise(api: Api) -> None:
    collection_id = api.collection("allows")
    receipt = api.upload(collection_id, ("a.txt", ONE), ("b.txt", ONE))
    assert receipt["counts"]["created"] == len(listed(api, collection_id)) == 2


def test_a_collection_that_links_answers_with_the_document_that_is_there(api: Api) -> None:
    collection_id = api.collection("links", duplicates="link")
    first = api.upload(collection_id, ("a.txt", ONE))
    api.finished(first["job"])
    again = api.upload(collection_id, ("copy.txt", ONE), ("b.txt", TWO), ("b again.txt", TWO))
    assert (again["counts"]["created"], again["counts"]["linked"]) == (1, 2)
    assert [item["filename"] for item in again["documents"]] == ["a.txt", "b.txt"]
    api.finished(again["job"])
    body = {"collection_id": collection_id, "documents": [{"text": TWO.decode(), "title": "text"}, {"text": "New."}]}
    texts = api.ok("POST", "/ingest", json=body)
    assert (texts["counts"]["created"], texts["counts"]["linked"]) == (1, 1)
    assert texts["documents"][0]["id"] == again["documents"][1]["id"]
    nothing = api.upload(collection_id, ("c.txt", ONE))
    assert api.finished(nothing["job"])["status"] == "succeeded"
    assert len(listed(api, collection_id)) == 3


def test_a_collection_that_rejects_keeps_nothing_of_the_request_and_names_the_documents(api: Api) -> None:
    collection_id = api.collection("rejects", duplicates="reject")
    (first,) = api.upload(collection_id, ("a.txt", ONE))["documents"]
    files = [("files", ("b.txt", TWO)), ("files", ("copy.txt", ONE))]
    path = f"/collections/{collection_id}/documents"
    problem = api.problem(409, "duplicates_refused", "POST", path, files=files)
    (error,) = problem["errors"]
    assert (error["pointer"], error["code"]) == ("#/files/1", "document_duplicated")
    assert first["id"] in error["detail"]
    body = {"collection_id": collection_id, "documents": [{"text": "Fresh."}, {"text": "Fresh."}]}
    problem = api.problem(409, "duplicates_refused", "POST", "/ingest", json=body)
    assert [item["pointer"] for item in problem["errors"]] == ["#/documents/1"]
    assert listed(api, collection_id) == [first["id"]]


def test_a_deleted_document_is_no_duplicate(api: Api) -> None:
    collection_id = api.collection("forgets", duplicates="reject")
    (first,) = api.upload(collection_id, ("a.txt", ONE))["documents"]
    api.ok("DELETE", f"/documents/{first['id']}")
    (second,) = api.upload(collection_id, ("a.txt", ONE))["documents"]
    assert listed(api, collection_id) == [second["id"]]


def test_of_many_that_bring_the_same_at_once_one_makes_the_document(api: Api) -> None:
    collection_id = api.collection("races", duplicates="link")

    def send(_: int) -> Any:
        with Api(api.url) as other:
            return other.upload(collection_id, ("a.txt", ONE))["documents"][0]["id"]

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(send, range(6)))) == 1
    assert len(listed(api, collection_id)) == 1
