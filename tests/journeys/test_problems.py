"""Every way to fail has one form; nothing a caller sends makes the server crash."""

import json
from typing import Any

import pytest
from tests.journeys.api import PROBLEM_TYPE, Api, check_problem
from tests.journeys.conftest import Corpus

NUL = "a\x00b"
HALF = '"\\ud800"'
HUGE = 10**30


@pytest.fixture(scope="module")
def stranger(api: Api) -> Any:
    """The same server without a credential."""
    with Api(api.url, key=None) as client:
        yield client


def test_a_caller_without_a_credential_is_told_so(stranger: Api) -> None:
    response = stranger.send("GET", "/documents")
    assert (response.status_code, response.json()["code"]) == (401, "credential_missing")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "headers", [{"X-API-Key": "rs_wrong"}, {"Authorization": "Bearer rs_wrong"}, {"Authorization": "Bearer \xff"}]
)
def test_a_caller_with_a_wrong_credential_is_told_so(stranger: Api, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    stranger.problem(401, "credential_invalid", "GET", "/documents", headers=raw)


def test_both_ways_to_show_a_key_work(api: Api, stranger: Api) -> None:
    key = api.http.headers["X-API-Key"]
    assert stranger.ok("GET", "/collections", headers={"Authorization": f"Bearer {key}"})
    assert stranger.ok("GET", "/collections", headers={"X-API-Key": key})


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "route_not_found"),
        ("GET", "/documents/doc_nowhere", 404, "document_not_found"),
        ("DELETE", "/documents/doc_nowhere", 404, "document_not_found"),
        ("GET", "/documents/doc_nowhere/content", 404, "document_not_found"),
        ("GET", "/collections/col_nowhere", 404, "collection_not_found"),
        ("GET", "/jobs/job_nowhere", 404, "job_not_found"),
        ("GET", "/jobs/job_nowhere/events", 404, "job_not_found"),
        ("POST", "/jobs/job_nowhere/cancel", 404, "job_not_found"),
        ("POST", "/jobs/job_nowhere/retry", 404, "job_not_found"),
        ("PUT", "/collections", 405, "method_not_allowed"),
        ("POST", "/documents/doc_nowhere", 405, "method_not_allowed"),
    ],
)
def test_what_is_not_there_is_a_problem(api: Api, method: str, path: str, status: int, code: str) -> None:
    api.problem(status, code, method, path)


def test_another_method_is_told_with_those_that_are_allowed(api: Api) -> None:
    assert "GET" in api.send("DELETE", "/search").headers.get("Allow", "") or api.send("PUT", "/search").is_error


@pytest.mark.parametrize("body", ["{", "", "nope", '{"query": "x",}', b"\xff\xfe", '{"query": NaN}', "[1"])
@pytest.mark.parametrize("path", ["/search", "/ingest", "/collections", "/answers"])
def test_malformed_json_is_a_problem(api: Api, path: str, body: str | bytes) -> None:
    response = api.send("POST", path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422, response.text


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/search", {}, "#/query"),
        ("/search", {"query": ""}, "#/query"),
        ("/search", {"query": "x", "limit": 0}, "#/limit"),
        ("/search", {"query": "x", "colour": 1}, "#/colour"),
        ("/search", {"query": "x", "mmr": {"lambda": 2}}, "#/mmr/lambda"),
        ("/collections", {"name": "x", "chunking": {"max_tokens": 1}}, "#/chunking/max_tokens"),
        ("/ingest", {"documents": [{"text": "x"}, {"title": "y"}]}, "#/documents/1/text"),
        ("/ingest", {"text": "x", "metadata": {"a/b~": 1}}, "#/metadata/a~1b~0"),
        ("/ingest", {"documents": []}, "#/documents"),
        ("/ingest", [], "#"),
    ],
)
def test_what_is_wrong_with_a_body_is_pointed_at(api: Api, path: str, body: Any, pointer: str) -> None:
    problem = api.problem(422, "validation_failed", "POST", path, json=body)
    assert problem["errors"][0]["pointer"].startswith(pointer), problem


@pytest.mark.parametrize("depth", [50, 200, 500, 990, 5_000, 100_000])
def test_deep_nesting_is_a_problem_or_an_answer_but_no_crash(api: Api, depth: int) -> None:
    condition = '{"field": "tag", "op": "eq", "value": "x"}'
    body = '{"query": "x", "filters": ' + '{"not": ' * depth + condition + "}" * depth + "}"
    response = api.send("POST", "/search", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in {200, 422}, response.text
    arrays = '{"text": "x", "metadata": {"a": ' + "[" * depth + "]" * depth + "}}"
    response = api.send("POST", "/ingest", content=arrays, headers={"Content-Type": "application/json"})
    assert response.status_code == 422, response.text


@pytest.mark.parametrize(
    "path",
    [
        f"/documents?size_from={HUGE}",
        f"/documents?offset={HUGE}",
        f"/documents?offset={2**63}",
        f"/documents?size_to={2**63}",
        "/documents?filename=a%00b",
        "/documents?tag=a%00b",
        "/documents?metadata.a%00b=1",
        "/documents?metadata.a=b%00",
        "/documents?metadata.=1",
        "/documents?metadata.a%22%27%5D%5B.b=1",
        "/documents?external_id=%FF%FE",
        "/documents?created_from=0001-01-01T00:00:00%2B14:00",
        "/documents?created_to=9999-12-31T23:59:59-14:00",
        "/documents?collection_id=%00",
        "/documents/%00",
        "/documents/a%00b/text",
        "/collections/%00",
        "/jobs/%00",
        "/jobs?cursor=%00",
        "/jobs?cursor=ImFcdTAwMDAi",
        "/jobs?cursor=WyJhXHUwMDAwIl0",
        "/collections?cursor=WzFlNDAwXQ",
        "/documents?sort=size&cursor=WzFlNDAwLCAieCJd",
        "/documents?sort=size&cursor=WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAsICJ4Il0",
    ],
)
def test_no_query_makes_the_server_crash(api: Api, path: str) -> None:
    assert api.send("GET", path).status_code < 500


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/collections", json.dumps({"name": NUL})),
        ("/collections", json.dumps({"name": "nul", "description": NUL})),
        ("/collections", '{"name": ' + HALF + "}"),
        ("/search", json.dumps({"query": NUL})),
        ("/search", '{"query": ' + HALF + "}"),
        ("/search", json.dumps({"query": "x", "collection_ids": [NUL]})),
        ("/search", json.dumps({"query": "x", "filters": {"field": f"metadata.{NUL}", "op": "eq", "value": NUL}})),
        ("/search", json.dumps({"query": "x", "filters": {"field": "size_bytes", "op": "gt", "value": HUGE}})),
        ("/search", json.dumps({"query": "x", "filters": {"field": "metadata.a", "op": "eq", "value": HUGE}})),
        ("/search", '{"query": "x", "filters": {"field": "tag", "op": "eq", "value": ' + HALF + "}}"),
        ("/search", '{"query": "x", "filters": {"field": "size_bytes", "op": "gt", "value": 1e400}}'),
        ("/search", json.dumps({"query": "x", "limit": HUGE})),
        ("/answers", json.dumps({"query": NUL})),
        ("/answers", '{"query": ' + HALF + "}"),
        ("/citations/verify", '{"citations": [{"document_id": "x", "quote": "", "start_byte": 0, "end_byte": 1e400}]}'),
        (
            "/citations/verify",
            json.dumps({"citations": [{"document_id": NUL, "quote": "", "start_byte": 0, "end_byte": 0}]}),
        ),
        ("/ingest", '{"text": ' + HALF + "}"),
        ("/ingest", json.dumps({"text": "x", "title": NUL})),
        ("/ingest", '{"text": "x", "title": ' + HALF + "}"),
        ("/ingest", json.dumps({"text": "x", "external_id": NUL})),
        ("/ingest", json.dumps({"text": "x", "tags": [NUL]})),
        ("/ingest", '{"text": "x", "tags": [' + HALF + "]}"),
        ("/ingest", json.dumps({"text": "x", "metadata": {"a": NUL}})),
        ("/ingest", json.dumps({"text": "x", "metadata": {"a": HUGE}})),
        ("/ingest", '{"text": "x", "metadata": {"a": 1e400}}'),
        ("/ingest", '{"text": "x", "metadata": {"a": NaN}}'),
        ("/ingest", '{"text": "x", "metadata": {"a": ' + HALF + "}}"),
        ("/ingest", json.dumps({"text": "x", "collection_id": NUL})),
    ],
)
def test_no_body_makes_the_server_crash(api: Api, path: str, body: str) -> None:
    response = api.send("POST", path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code < 500, response.text
    if path == "/ingest" and response.is_success:
        assert api.finished(response.json()["job"])["status"] == "succeeded"
        (document,) = response.json()["documents"]
        api.ok("GET", f"/documents/{document['id']}")
        api.ok("DELETE", f"/documents/{document['id']}")


@pytest.mark.parametrize("text", ["\x01", "a\x01\x02b", "\ufeffx", "\u2028", "a\r\nb\rc", "\ufdd0\ufffe"])
def test_odd_characters_in_a_text_end_in_a_state_that_is_told(api: Api, text: str) -> None:
    collection_id = api.collection(f"odd {text.encode().hex()}")
    receipt = api.ok("POST", "/ingest", json={"collection_id": collection_id, "text": text})
    api.finished(receipt["job"])
    document = api.ok("GET", f"/documents/{receipt['documents'][0]['id']}")
    assert document["status"] in {"ready", "failed"}
    if document["status"] == "failed":
        assert document["error"]["code"] in {"document_empty", "document_has_no_text"}, document
    else:
        whole = api.text(document["id"])
        for chunk in api.pages(f"/documents/{document['id']}/chunks"):
            assert whole[chunk["start_byte"] : chunk["end_byte"]].decode() == chunk["text"]


def test_an_upload_without_a_file_is_a_problem(api: Api, corpus: Corpus) -> None:
    path = f"/collections/{corpus.collection_id}/documents"
    api.problem(422, "upload_empty", "POST", path, files=[("other", ("a.txt", b"x"))])
    form = {"files": [("files", ("a.txt", b"x"))], "data": {"metadata": "[]"}}
    assert api.problem(422, "validation_failed", "POST", path, **form)["errors"][0]["pointer"].startswith("#/metadata")
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    api.problem(422, "body_invalid", "POST", path, content=b"no form at all", headers=broken)
    api.problem(404, "collection_not_found", "POST", "/collections/col_no/documents", files=[("files", ("a", b"x"))])


def test_problems_are_told_in_the_language_of_the_caller(api: Api) -> None:
    english = api.problem(404, "document_not_found", "GET", "/documents/doc_x")
    response = api.send("GET", "/documents/doc_x", headers={"Accept-Language": "ar-EG,en;q=0.5"})
    arabic = response.json()
    assert response.headers["Content-Language"] == "ar"
    assert arabic["code"] == english["code"]
    assert any("\u0600" <= letter <= "\u06ff" for letter in arabic["title"])
    assert "doc_x" in english["detail"]
    assert "doc_x" in arabic["detail"]


def test_a_request_id_is_kept_if_it_is_one_and_made_if_not(api: Api) -> None:
    assert api.send("GET", "/health", headers={"X-Request-ID": "abc-1.2_3"}).headers["X-Request-ID"] == "abc-1.2_3"
    for bad in ("", "with space", "x" * 129, "a/b"):
        made = api.send("GET", "/nothing", headers={"X-Request-ID": bad})
        assert made.headers["X-Request-ID"].startswith("req_")
        check_problem(made)


def test_limits_are_told_with_every_answer(api: Api) -> None:
    headers = api.send("GET", "/collections").headers
    assert int(headers["RateLimit-Remaining"]) < int(headers["RateLimit-Limit"])
    assert int(headers["RateLimit-Reset"]) >= 0
    assert "RateLimit-Limit" not in api.send("GET", "/health").headers
    assert api.send("GET", "/documents/doc_x").headers["Content-Type"] == PROBLEM_TYPE
