"""What is no plain JSON is refused by every route alike, with its reason."""

import pytest
from tests.journeys.api import Api

BODIES = {
    b'{"query": "x", "query": "y"}': 'the key "query" is given twice',
    b'{"query": "x", "limit": NaN}': "NaN is no JSON",
    b'{"query": "x", "limit": 1e400}': "the number 1e400 is too large",
    b'{"query": "\xff"}': "not UTF-8",
    b'{"query": "\\ud800"}': "half of a surrogate pair",
    b'{"query": "a\\u0000b"}': "a NUL character (\\u0000) at #/query",
    b'{"query": "x", "filters": ' + b"[" * 101 + b"]" * 101 + b"}": "nested deeper than 100",
    b'{"query": "x"': "line 1 column",
}
ROUTES = ("/search", "/answers", "/ingest", "/collections", "/documents/bulk-delete", "/citations/verify")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_every_route_refuses_what_is_no_plain_json(api: Api, content_type: str) -> None:
    for path in ROUTES:
        for body, reason in BODIES.items():
            problem = api.problem(
                422, "body_invalid", "POST", path, content=body, headers={"Content-Type": content_type}
            )
            assert reason in problem["detail"], (path, problem)


def test_a_body_that_comes_in_pieces_is_checked_as_a_whole(api: Api) -> None:
    pieces = [b'{"query": "', b"\xd8", b'\xb3", "limit": 1', b', "limit": 2}']
    headers = {"Content-Type": "application/json"}
    assert (
        "twice" in api.problem(422, "body_invalid", "POST", "/search", content=iter(pieces), headers=headers)["detail"]
    )
    assert api.send("POST", "/search", content=iter([*pieces[:-1], b"}"]), headers=headers).status_code == 200


def test_texts_for_ingestion_are_read_as_strictly_whatever_they_are_called(api: Api) -> None:
    for headers in ({}, {"Content-Type": "text/plain"}):
        body = b'{"text": "x", "text": "y"}'
        assert "twice" in api.problem(422, "body_invalid", "POST", "/ingest", content=body, headers=headers)["detail"]


def test_metadata_in_a_form_is_read_as_strictly(api: Api) -> None:
    collection_id = api.collection("strict forms")
    for metadata in ('{"a": 1, "a": 2}', '{"a": NaN}', '{"a": "\\ud800"}', '{"a": "\\u0000"}', "{"):
        form = {"files": [("files", ("a.txt", b"x"))], "data": {"metadata": metadata}}
        path = f"/collections/{collection_id}/documents"
        problem = api.problem(422, "validation_failed", "POST", path, **form)
        assert problem["errors"][0]["pointer"] == "#/metadata"


@pytest.mark.parametrize(
    "name", ["تقرير الميناء.txt", 'quo"te; filename=evil.exe', "line\r\nSet-Cookie: a=b.txt", "../../etc/passwd.txt"]
)
def test_a_download_keeps_its_name_and_opens_nothing(api: Api, name: str) -> None:
    collection_id = api.collection(f"downloads {name.encode().hex()}")
    page = b"<html><script>alert(1)</script><p>The harbour opens at six.</p></html>"
    receipt = api.upload(collection_id, (name, page))
    api.finished(receipt["job"])
    document = api.ok("GET", f"/documents/{receipt['documents'][0]['id']}")
    response = api.send("GET", f"/documents/{document['id']}/content")
    assert response.content == page
    headers = response.headers
    assert headers["Content-Disposition"].startswith('attachment; filename="')
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers
    assert not set(document["filename"]) & set("/\\\r\n")
    if name.startswith("تقرير"):
        assert document["filename"] == name
        assert "%D8%AA%D9%82%D8%B1%D9%8A%D8%B1%20" in headers["Content-Disposition"]
