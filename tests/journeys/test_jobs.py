"""Jobs: listed, cancelled, tried again."""

import contextlib
import json
from collections.abc import Iterator

from tests.journeys.api import Api

BROKEN = b"%PDF-1.7\nnothing follows"
NDJSON = {"Content-Type": "application/x-ndjson"}


def test_jobs_are_listed_newest_first_and_by_status(api: Api) -> None:
    collection_id = api.collection("listed jobs")
    made = [api.ingest(collection_id, {"text": f"Text {n}."})["job"]["id"] for n in range(3)]
    assert [job["id"] for job in api.ok("GET", "/jobs", params={"limit": 3})["items"]] == made[::-1]
    newest = [next(pages)["id"] for pages in [api.pages("/jobs", limit=1, status="succeeded")] for _ in range(3)]
    assert newest == made[::-1]


def test_a_finished_job_can_neither_be_cancelled_nor_tried_again(api: Api) -> None:
    job = api.ingest(api.collection("finished job"), {"text": "Done."})["job"]
    api.problem(409, "job_finished", "POST", f"/jobs/{job['id']}/cancel")
    api.problem(409, "job_not_failed", "POST", f"/jobs/{job['id']}/retry")


def test_a_failed_job_that_is_tried_again_reads_what_failed_and_nothing_else(api: Api) -> None:
    collection_id = api.collection("retried")
    receipt = api.upload(collection_id, ("good.txt", b"The whimbrel whistles."), ("bad.pdf", BROKEN))
    assert api.finished(receipt["job"])["status"] == "failed"
    again = api.finished(api.ok("POST", f"/jobs/{receipt['job']['id']}/retry"))
    assert (again["status"], again["last_error"]["code"]) == ("failed", "job_failed")
    states = {item["filename"]: item["status"] for item in api.pages("/documents", collection_id=collection_id)}
    assert states == {"good.txt": "ready", "bad.pdf": "failed"}
    assert api.found("whimbrel", mode="lexical") == ["good"]


def test_a_cancelled_job_leaves_whole_documents_and_reads_the_rest_when_tried_again(api: Api) -> None:
    collection_id = api.collection("cancelled")
    texts = [{"external_id": f"c{n}", "text": f"The godwit probes mud number {n}. " * 8} for n in range(120)]
    receipt = api.ok("POST", "/ingest", json={"collection_id": collection_id, "documents": texts})
    api.ok("POST", f"/jobs/{receipt['job']['id']}/cancel")
    job = api.finished(receipt["job"])
    assert (job["status"], job["cancel_requested"]) == ("cancelled", True)
    states = [item["status"] for item in api.pages("/documents", collection_id=collection_id, limit=500)]
    assert len(states) == 120
    assert set(states) <= {"ready", "cancelled"}
    found = api.search("godwit", collection_ids=[collection_id], limit=100, facets=["document_id"], dedupe=False)
    ready = {item["id"] for item in api.pages("/documents", collection_id=collection_id, status="ready")}
    assert {hit["document_id"] for hit in found["results"]} <= ready
    again = api.finished(api.ok("POST", f"/jobs/{job['id']}/retry"))
    assert again["status"] == "succeeded"
    assert len(list(api.pages("/documents", collection_id=collection_id, status="ready"))) == 120


def test_a_stream_whose_job_is_cancelled_meanwhile_is_taken_back_whole(api: Api) -> None:
    collection_id = api.collection("cancelled stream")

    def body() -> Iterator[bytes]:
        yield (json.dumps({"text": "A line of a stream."}) + "\n").encode() * 600
        with Api(api.url) as other:
            other.wait_for_documents(collection_id)
            (job,) = other.ok("GET", "/jobs", params={"limit": 1})["items"]
            other.ok("POST", f"/jobs/{job['id']}/cancel")
            assert other.finished(job)["status"] == "cancelled"
        yield (json.dumps({"text": "A line too late."}) + "\n").encode() * 600

    path = f"/ingest?collection_id={collection_id}"
    api.problem(409, "hold_lost", "POST", path, content=body(), headers=NDJSON)
    assert list(api.pages("/documents", collection_id=collection_id)) == []


def test_jobs_are_listed_by_kind_and_priority_is_what_was_asked(api: Api) -> None:
    collection_id = api.collection("priorities")
    body = {"collection_id": collection_id, "text": "Buoys are numbered."}
    for priority in ("low", "normal", "high"):
        job = api.ok("POST", "/ingest", params={"priority": priority}, json=body)["job"]
        assert (job["priority"], job["state"]) == (priority, "queued")
        assert api.finished(job)["state"] == "succeeded"
    api.problem(422, "validation_failed", "POST", "/ingest", params={"priority": "urgent"}, json=body)
    stream = api.ok("POST", f"/ingest?collection_id={collection_id}", content=b'{"text": "Line."}', headers=NDJSON)
    assert stream["job"]["priority"] == "low"
    kinds = {job["kind"] for job in api.ok("GET", "/jobs", params={"kind": "documents.ingest"})["items"]}
    assert kinds == {"documents.ingest"}


def test_all_jobs_of_a_tenant_are_followed_in_one_stream(api: Api) -> None:
    collection_id = api.collection("all jobs")
    with contextlib.closing(api.events("GET", "/jobs/events")) as events:
        receipt = api.ingest(collection_id, {"text": "Moorings are checked."})
        job = next(data for _, data in events if data["id"] == receipt["job"]["id"] and data["status"] == "succeeded")
    assert job["state"] == "succeeded"


def test_the_readiness_of_the_queue_tells_of_workers(api: Api) -> None:
    queue = api.ok("GET", "/health/ready")["parts"]["queue"]
    assert queue["status"] == "ok"
    assert "workers: 1, slots: 3" in queue["detail"]
