"""The same request sent again, on purpose or because its answer was lost."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.journeys.api import Api


def key(name: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Idempotency-Key": name}}


def listed(api: Api, collection_id: str) -> list[str]:
    return [item["id"] for item in api.pages("/documents", collection_id=collection_id)]


def test_a_repeated_request_gets_the_first_answer_and_makes_nothing(api: Api) -> None:
    body = {"name": "made once"}
    first = api.send("POST", "/collections", json=body, **key("collection-1"))
    again = api.send("POST", "/collections", json=body, **key("collection-1"))
    assert (again.status_code, again.json()) == (201, first.json())
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")


def test_documents_are_handed_in_once(api: Api) -> None:
    collection_id = api.collection("texts once")
    body = {"collection_id": collection_id, "documents": [{"text": "Once."}]}
    first = api.ok("POST", "/ingest", json=body, **key("ingest-1"))
    api.finished(first["job"])
    assert api.ok("POST", "/ingest", json=body, **key("ingest-1")) == first
    assert listed(api, collection_id) == [first["documents"][0]["id"]]


def test_files_are_uploaded_once_though_each_form_is_written_differently(api: Api) -> None:
    collection_id = api.collection("files once")

    def send(content: bytes, boundary: str) -> Any:
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'.encode()
            + content
            + f"\r\n--{boundary}--\r\n".encode()
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": "upload-1"}
        return api.send("POST", f"/collections/{collection_id}/documents", content=body, headers=headers)

    first = send(b"The towpath is wet.", "one")
    assert send(b"The towpath is wet.", "two").json() == first.json()
    assert send(b"The towpath is dry.", "one").json()["code"] == "idempotency_key_reused"
    assert len(listed(api, collection_id)) == 1


def test_a_stream_is_taken_once(api: Api) -> None:
    collection_id = api.collection("stream once")
    body = b'{"text": "one"}\n{"text": "two"}\n'
    options = {"content": body, "headers": {"Content-Type": "application/x-ndjson", "Idempotency-Key": "stream-1"}}
    first = api.ok("POST", f"/ingest?collection_id={collection_id}", **options)
    assert api.ok("POST", f"/ingest?collection_id={collection_id}", **options) == first
    assert len(listed(api, collection_id)) == 2


def test_a_key_belongs_to_one_request(api: Api) -> None:
    api.ok("POST", "/collections", json={"name": "key owner"}, **key("owned"))
    other = {"name": "key thief"}
    api.problem(409, "idempotency_key_reused", "POST", "/collections", json=other, **key("owned"))
    api.problem(409, "idempotency_key_reused", "POST", "/ingest", json={"text": "x"}, **key("owned"))


def test_a_request_that_failed_leaves_its_key_free(api: Api) -> None:
    api.collection("in the way")
    api.problem(409, "collection_name_taken", "POST", "/collections", json={"name": "in the way"}, **key("free"))
    assert api.ok("POST", "/collections", json={"name": "not in the way"}, **key("free"))["name"] == "not in the way"


@pytest.mark.parametrize("name", ["", "a b", "x" * 256, "naïve"])
def test_a_key_out_of_form_is_refused(api: Api, name: str) -> None:
    headers = {b"Idempotency-Key": name.encode("latin-1")}
    api.problem(422, "validation_failed", "POST", "/collections", json={"name": "refused key"}, headers=headers)


def test_of_many_at_the_same_time_one_is_done(api: Api) -> None:
    collection_id = api.collection("race once")
    body = {"collection_id": collection_id, "documents": [{"text": "Raced."}]}

    def send(_: int) -> Any:
        with Api(api.url) as other:
            return other.ok("POST", "/ingest", json=body, **key("race-1"))

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert len(listed(api, collection_id)) == 1
