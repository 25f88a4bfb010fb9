"""Looking at documents: lists with every filter and order, texts, chunks, versions, and their end."""

import hashlib
from typing import Any
from urllib.parse import quote

import pytest
from tests.journeys.api import Api
from tests.journeys.conftest import Corpus

SHELF = (
    {"external_id": "e1", "title": "One", "text": "a" * 10, "tags": ["red"], "metadata": {"year": 2024, "ok": True}},
    {"external_id": "e2", "title": "Two", "text": "b" * 30, "tags": ["red", "blue"], "metadata": {"year": 2025}},
    {"external_id": "e3", "title": "Three", "text": "# c\n\nd", "tags": [], "source_type": "markdown"},
)


@pytest.fixture(scope="module")
def shelf(api: Api) -> str:
    """A collection of three texts and three files."""
    collection_id = api.collection("shelf")
    api.ingest(collection_id, *SHELF)
    receipt = api.upload(collection_id, ("b.txt", b"file b"), ("A.txt", b"file a, longer"), ("ä.txt", b"file c"))
    api.finished(receipt["job"])
    return collection_id


def listed(api: Api, shelf: str, **params: Any) -> list[str]:
    page = api.ok("GET", "/documents", params={"collection_id": shelf, **params})
    return [item["external_id"] or item["filename"] for item in page["items"]]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, {"e1", "e2", "e3", "A.txt", "b.txt", "ä.txt"}),
        ({"status": "ready"}, {"e1", "e2", "e3", "A.txt", "b.txt", "ä.txt"}),
        ({"status": "failed"}, set()),
        ({"type": "text/markdown"}, {"e3"}),
        ({"tag": "red"}, {"e1", "e2"}),
        ({"tag": "re"}, set()),
        ({"filename": "A.txt"}, {"A.txt"}),
        ({"external_id": "e2"}, {"e2"}),
        ({"metadata.year": "2025"}, {"e2"}),
        ({"metadata.ok": "true"}, {"e1"}),
        ({"metadata.nothing": "2025"}, set()),
        ({"size_from": 30}, {"e2"}),
        ({"size_from": 7, "size_to": 15}, {"e1", "A.txt"}),
        ({"created_from": "2020-01-01T00:00:00Z"}, {"e1", "e2", "e3", "A.txt", "b.txt", "ä.txt"}),
        ({"created_from": "2990-01-01T00:00:00+02:00"}, set()),
        ({"created_to": "2020-01-01T00:00:00Z"}, set()),
        ({"tag": "red", "size_from": 20}, {"e2"}),
    ],
)
def test_a_list_is_filtered(api: Api, shelf: str, params: dict[str, Any], expected: set[str]) -> None:
    assert set(listed(api, shelf, **params)) == expected


@pytest.mark.parametrize("sort", ["created", "-created", "filename", "-filename", "size", "-size"])
def test_pages_follow_one_another_in_every_order(api: Api, shelf: str, sort: str) -> None:
    whole = listed(api, shelf, sort=sort)
    paged = [
        item["external_id"] or item["filename"]
        for item in api.pages("/documents", collection_id=shelf, sort=sort, limit=2)
    ]
    assert paged == whole
    numbered = [key for offset in range(0, 6, 2) for key in listed(api, shelf, sort=sort, limit=2, offset=offset)]
    assert numbered == whole


def test_orders_are_what_they_say(api: Api, shelf: str) -> None:
    items = list(api.pages("/documents", collection_id=shelf, sort="created"))
    assert [item["id"] for item in items] == sorted(item["id"] for item in items)
    sizes = [item["size_bytes"] for item in api.pages("/documents", collection_id=shelf, sort="-size")]
    assert sizes == sorted(sizes, reverse=True)
    names = [name for name in listed(api, shelf, sort="filename") if name.endswith(".txt")]
    assert names == ["A.txt", "b.txt", "ä.txt"]


def test_a_page_by_number_tells_the_total_and_its_neighbours(api: Api, shelf: str) -> None:
    page = api.ok("GET", "/documents", params={"collection_id": shelf, "limit": 2, "offset": 2, "status": "ready"})
    assert page["total"] == 6
    assert page["links"].keys() == {"self", "previous", "next"}
    following = api.ok("GET", page["links"]["next"])
    assert following["total"] == 6
    assert not {item["id"] for item in following["items"]} & {item["id"] for item in page["items"]}
    assert "next" not in following["links"]


@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "sort=colour",
        "limit=0",
        "limit=501",
        "offset=-1",
        "status=lost",
        "created_from=2020-01-01",
        "size_from=many",
    ],
)
def test_a_list_does_not_guess_what_was_meant(api: Api, query: str) -> None:
    api.problem(422, "validation_failed", "GET", f"/documents?{query}")


@pytest.mark.parametrize("cursor", ["x", "bm8", "WzFd", "W10", "WyJhIiwgImIiXQ"])
@pytest.mark.parametrize("path", ["/documents?sort=created", "/documents?sort=size", "/jobs?", "/collections?"])
def test_a_cursor_of_another_list_is_no_crash(api: Api, shelf: str, path: str, cursor: str) -> None:
    assert api.send("GET", f"{path}&cursor={cursor}").status_code in {200, 422}
    assert shelf


def test_a_text_is_sliced_by_bytes(api: Api, corpus: Corpus) -> None:
    document_id = corpus.documents["quay-safety-ar.md"]["id"]
    whole = api.text(document_id)
    assert api.text(document_id, start_byte=0, end_byte=len(whole)) == whole
    first = len(whole.decode()[0].encode())
    assert api.text(document_id, start_byte=first) == whole[first:]
    assert api.text(document_id, start_byte=len(whole)) == b""
    inside = next(index for index, byte in enumerate(whole) if 0x80 <= byte < 0xC0)
    for bad in (
        {"start_byte": inside},
        {"end_byte": inside},
        {"end_byte": len(whole) + 1},
        {"start_byte": 5, "end_byte": 4},
        {"start_byte": 10**30},
    ):
        api.problem(422, "range_invalid", "GET", f"/documents/{document_id}/text", params=bad)
    api.problem(422, "validation_failed", "GET", f"/documents/{document_id}/text", params={"start_byte": -1})


def test_every_chunk_is_a_slice_of_the_text(api: Api, corpus: Corpus) -> None:
    for document in corpus.documents.values():
        text = api.text(document["id"])
        chunks = list(api.pages(f"/documents/{document['id']}/chunks", limit=3))
        assert [chunk["ordinal"] for chunk in chunks] == list(range(len(chunks)))
        for chunk in chunks:
            assert text[chunk["start_byte"] : chunk["end_byte"]].decode() == chunk["text"]
            assert text.decode()[chunk["start_char"] : chunk["end_char"]] == chunk["text"]
        (version,) = api.ok("GET", f"/documents/{document['id']}/versions")["items"]
        assert version["text_sha256"] == hashlib.sha256(text).hexdigest()
        assert (version["n_bytes"], version["n_chars"]) == (len(text), len(text.decode()))
        assert version["n_chunks"] == len(chunks)


def test_a_download_is_what_was_uploaded(api: Api, corpus: Corpus) -> None:
    for name, document in corpus.documents.items():
        response = api.send("GET", f"/documents/{document['id']}/content")
        assert response.content == corpus.samples[name].content
        assert response.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote(name)}"


def test_a_deleted_document_is_gone_everywhere(api: Api) -> None:
    collection_id = api.collection("deleting")
    receipt = api.ingest(collection_id, *({"title": f"gannet {n}", "text": f"The gannet dives {n}."} for n in range(2)))
    gone, stays = (document["id"] for document in receipt["documents"])
    answer = api.ok("POST", "/answers", json={"query": "What dives?", "collection_ids": [collection_id]})
    api.ok("DELETE", f"/documents/{gone}")
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/text"), ("GET", "/chunks"), ("GET", "/versions")):
        api.problem(404, "document_not_found", method, f"/documents/{gone}{path}")
    api.problem(404, "document_not_found", "GET", f"/documents/{gone}/content")
    assert [item["id"] for item in api.pages("/documents", collection_id=collection_id)] == [stays]
    assert api.found("gannet", mode="lexical") == ["gannet 1"]
    api.idle()
    facets = api.search("gannet", facets=["document_id"], collection_ids=[collection_id])["facets"]
    assert facets["document_id"] == [{"value": stays, "count": 1}]
    verdicts = api.ok("POST", "/citations/verify", json={"citations": answer["citations"]})["results"]
    told = {
        item["document_id"]: verdict["verdict"] for item, verdict in zip(answer["citations"], verdicts, strict=True)
    }
    assert told.get(gone, "document_not_found") == "document_not_found"
