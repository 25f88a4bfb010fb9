"""Reading documents again from their originals, while they answer."""

from typing import Any

from tests.journeys.api import Api
from tests.journeys.test_versions import searching, update, versions

LONG = "\n\n".join(f"Paragraph {number} tells how the sluice is opened at high water, slowly." for number in range(60))
SMALL = {"strategy": "structure", "max_tokens": 40, "overlap_tokens": 0}


def reindex(api: Api, path: str) -> Any:
    return api.finished(api.ok("POST", f"{path}/reindex")["job"])


def chunk_count(api: Api, document_id: str) -> int:
    return len(list(api.pages(f"/documents/{document_id}/chunks")))


def test_new_chunking_reaches_what_is_there_by_a_reindex(api: Api) -> None:
    collection_id = api.collection("recut")
    text = api.ingest(collection_id, {"title": "Text", "text": LONG})["documents"][0]["id"]
    receipt = api.upload(collection_id, ("File.md", f"# Sluice\n\n{LONG}".encode()))
    api.finished(receipt["job"])
    file = receipt["documents"][0]["id"]
    before = {document_id: chunk_count(api, document_id) for document_id in (text, file)}
    path = f"/collections/{collection_id}"
    assert not api.ok("GET", path)["reindex_needed"]
    assert api.ok("PATCH", path, json={"chunking": SMALL})["reindex_needed"]
    with searching(api.url, collection_id, "sluice opened") as seen:
        job = reindex(api, path)
    assert job["status"] == "succeeded", job
    assert job["outcome"] == {"changed": 2, "unchanged": 0, "failed": 0}
    assert job["progress"] == {"stage": "done", "done": 2, "total": 2}
    assert all(seen)
    assert not api.ok("GET", path)["reindex_needed"]
    for document_id, content in ((text, LONG.encode()), (file, f"# Sluice\n\n{LONG}".encode())):
        assert chunk_count(api, document_id) > 2 * before[document_id]
        assert versions(api, document_id) == [(1, "upload", "superseded"), (2, "reindex", "ready")]
        for number in (1, 2):
            response = api.send("GET", f"/documents/{document_id}/content?version={number}")
            assert response.content == content
        assert api.text(document_id, version=1) == api.text(document_id, version=2)


def test_what_comes_out_the_same_stays_the_version_it_is(api: Api) -> None:
    collection_id = api.collection("the same again")
    receipt = api.ingest(collection_id, *({"text": f"The buoy {n} blinks."} for n in range(3)))
    first, second, third = (item["id"] for item in receipt["documents"])
    for path in (f"/collections/{collection_id}", f"/documents/{first}"):
        assert reindex(api, path)["outcome"]["changed"] == 0
    assert versions(api, first) == [(1, "upload", "ready")]
    (hit,) = api.search("buoy 0 blinks", collection_ids=[collection_id], mode="lexical", limit=1)["results"]
    assert (hit["document_id"], hit["version"]) == (first, 1)
    api.problem(404, "document_not_found", "POST", "/documents/doc_none/reindex")
    api.problem(404, "collection_not_found", "POST", "/collections/col_none/reindex")
    assert {second, third} <= {item["id"] for item in api.pages("/documents", collection_id=collection_id)}


def test_everything_is_reindexed_by_a_job_for_each_collection(api: Api) -> None:
    jobs = api.ok("POST", "/reindex")["jobs"]
    assert len(jobs) == len(list(api.pages("/collections")))
    assert {api.finished(job)["kind"] for job in jobs} == {"documents.reindex"}


def test_content_that_failed_is_tried_again_and_makes_no_further_version(api: Api) -> None:
    collection_id = api.collection("tried again")
    receipt = api.upload(collection_id, ("broken.pdf", b"%PDF-1.7\nno more than a head"))
    api.finished(receipt["job"])
    document_id = receipt["documents"][0]["id"]
    for _ in range(2):
        job = reindex(api, f"/collections/{collection_id}")
        assert (job["status"], job["outcome"]) == ("failed", {"changed": 0, "unchanged": 0, "failed": 1})
    assert versions(api, document_id) == [(1, "upload", "failed")]
    assert api.ok("GET", f"/documents/{document_id}")["status"] == "failed"


def test_an_update_during_a_reindex_wins(api: Api) -> None:
    collection_id = api.collection("update and reindex")
    receipt = api.ingest(collection_id, *({"text": f"Number {n}. {LONG}"} for n in range(4)))
    ids = [item["id"] for item in receipt["documents"]]
    api.ok("PATCH", f"/collections/{collection_id}", json={"chunking": SMALL})
    job = api.ok("POST", f"/collections/{collection_id}/reindex")["job"]
    updates = [update(api, document_id, "Updated meanwhile.") for document_id in ids]
    for item in (job, *(receipt["job"] for receipt in updates)):
        assert api.finished(item)["status"] == "succeeded"
    assert [api.text(document_id) for document_id in ids] == [b"Updated meanwhile."] * 4
