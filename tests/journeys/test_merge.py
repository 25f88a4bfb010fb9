"""Several documents become one: the others answer until it does, and never both do, nor neither."""

from typing import Any

from tests.journeys.api import Api
from tests.journeys.conftest import Corpus
from tests.journeys.test_versions import searching


def ingested(api: Api, collection_id: str, *texts: dict[str, Any]) -> list[str]:
    return [item["id"] for item in api.ingest(collection_id, *texts)["documents"]]


def merged(api: Api, document_ids: list[str], **fields: Any) -> tuple[Any, Any]:
    """The merged document and its job, when that is over."""
    body = {"document_ids": document_ids, "title": "Whole", **fields}
    receipt = api.ok("POST", "/documents/merge", json=body)
    job = api.finished(receipt["job"])
    return api.ok("GET", f"/documents/{receipt['document']['id']}"), job


def test_documents_become_one_under_their_titles(api: Api) -> None:
    collection_id = api.collection("merge texts")
    sources = ingested(
        api,
        collection_id,
        {"title": "Crane", "text": "The crane lifts ten tons.", "tags": ["a", "b"], "metadata": {"unit": "x", "n": 1}},
        {"title": "Winch", "text": "# Care\n\nOil it weekly.", "source_type": "markdown", "tags": ["b", "c"]},
        {"title": "Pump", "text": "It drains the dock.", "metadata": {"unit": "y", "m": 2}},
    )
    document, job = merged(api, sources)
    assert job["status"] == "succeeded", job
    assert document["tags"] == ["a", "b", "c"]
    assert document["metadata"] == {"unit": "x", "n": 1, "m": 2, "merged_from": sources}
    text = "Crane\n\nThe crane lifts ten tons.\n\nWinch\n\n# Care\n\nOil it weekly.\n\nPump\n\nIt drains the dock."
    assert api.text(document["id"]).decode() == text
    content = api.send("GET", f"/documents/{document['id']}/content")
    assert content.text == text
    assert content.headers["Content-Type"].startswith("text/plain")
    (hit,) = api.search("oil weekly", collection_ids=[collection_id], mode="lexical", limit=1)["results"]
    assert (hit["document_id"], hit["headings"]) == (document["id"], ["Crane"])
    assert [item["id"] for item in api.pages("/documents", collection_id=collection_id)] == [document["id"]]
    for source in sources:
        api.problem(404, "document_not_found", "GET", f"/documents/{source}")
    answer = api.ok("POST", "/answers", json={"query": "What lifts ten tons?", "collection_ids": [collection_id]})
    assert {item["document_id"] for item in answer["citations"]} == {document["id"]}
    verdicts = api.ok("POST", "/citations/verify", json={"citations": answer["citations"]})["results"]
    assert {item["verdict"] for item in verdicts} == {"verified"}


def test_files_keep_their_pages_and_outlive_the_documents_they_came_from(api: Api, corpus: Corpus) -> None:
    collection_id = api.collection("merge files")
    names = [name for name in sorted(corpus.samples) if name.endswith((".pdf", ".md"))][:3]
    files = [(name, corpus.samples[name].content) for name in names]
    receipt = api.upload(collection_id, *files)
    api.finished(receipt["job"])
    sources = [item["id"] for item in receipt["documents"]]
    pages = [api.ok("GET", f"/documents/{item}/versions")["items"][-1]["n_pages"] or 1 for item in sources]
    texts = [api.text(item).decode().rstrip() for item in sources]
    document, job = merged(api, sources)
    assert job["status"] == "succeeded", job
    api.idle()
    whole = api.text(document["id"]).decode()
    assert all(text in whole for text in texts)
    (version,) = api.ok("GET", f"/documents/{document['id']}/versions")["items"]
    assert (version["cause"], version["n_pages"]) == ("merge", sum(pages) if any(n > 1 for n in pages) else None)
    again = api.finished(api.ok("POST", f"/documents/{document['id']}/reindex")["job"])
    assert (again["status"], again["outcome"]["unchanged"]) == ("succeeded", 1)
    for chunk in api.pages(f"/documents/{document['id']}/chunks"):
        assert whole.encode()[chunk["start_byte"] : chunk["end_byte"]].decode() == chunk["text"]


def test_a_merged_document_is_merged_again_and_keeps_what_it_was_made_of(api: Api) -> None:
    collection_id = api.collection("merge again")
    texts = ({"title": title, "text": f"It says {title.lower()}."} for title in ("One", "Two", "Three"))
    one, two, three = ingested(api, collection_id, *texts)
    first, _ = merged(api, [one, two], title="First")
    second, job = merged(api, [first["id"], three], title="Second")
    assert job["status"] == "succeeded", job
    api.idle()
    assert api.text(second["id"]).decode().split("\n\n") == [
        "First", "One", "It says one.", "Two", "It says two.", "Three", "It says three.",
    ]  # fmt: skip
    chunks = api.ok("GET", f"/documents/{second['id']}/chunks")["items"]
    assert chunks[0]["headings"][:1] == ["First"]
    assert api.finished(api.ok("POST", f"/documents/{second['id']}/reindex")["job"])["outcome"]["unchanged"] == 1


def test_sources_can_be_kept(api: Api) -> None:
    collection_id = api.collection("merge and keep")
    sources = ingested(api, collection_id, {"title": "A", "text": "Alpha."}, {"title": "B", "text": "Beta."})
    document, _ = merged(api, sources, delete_sources=False)
    listed = {item["id"] for item in api.pages("/documents", collection_id=collection_id)}
    assert listed == {document["id"], *sources}
    api.ok("DELETE", f"/documents/{sources[0]}")
    api.idle()
    assert api.finished(api.ok("POST", f"/documents/{document['id']}/reindex")["job"])["status"] == "succeeded"


def test_what_cannot_be_merged_is_refused(api: Api) -> None:
    here, there = api.collection("merge here"), api.collection("merge there")
    (one, two), (other,) = (
        ingested(api, here, {"text": "One."}, {"text": "Two."}),
        ingested(api, there, {"text": "Other."}),
    )
    for status, code, ids in (
        (422, "merge_across_collections", [one, other]),
        (404, "bulk_refused", [one, "doc_none"]),
        (422, "validation_failed", [one]),
        (422, "validation_failed", [one, one]),
    ):
        api.problem(status, code, "POST", "/documents/merge", json={"document_ids": ids, "title": "T"})
    receipt = api.upload(here, ("x.pdf", b"%PDF-1.7\nno more than a head"))
    api.finished(receipt["job"])
    body = {"document_ids": [two, receipt["documents"][0]["id"]], "title": "T"}
    api.problem(409, "document_not_ready", "POST", "/documents/merge", json=body)


def test_searches_find_the_sources_or_the_whole_and_never_both_or_neither(api: Api) -> None:
    collection_id = api.collection("merge without a gap")
    with searching(api.url, collection_id, "petrel") as seen:
        for number in range(4):
            texts = ({"title": f"{number}-{n}", "text": f"The petrel of round {number}, part {n}."} for n in range(2))
            sources = ingested(api, collection_id, *texts)
            _, job = merged(api, sources, title=f"Round {number}")
            assert job["status"] == "succeeded", job
    for hits in seen:
        for number in range(4):
            parts = [n for n in range(2) for text in hits if f"of round {number}, part {n}." in text]
            assert sorted(parts) in ([], [0, 1]), hits
    whole = [any("round 3" in text for text in hits) for hits in seen]
    assert whole == sorted(whole), "what was found once is found from then on"
