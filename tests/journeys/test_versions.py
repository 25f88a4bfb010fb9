"""Documents over time: new content takes the place of the old without a gap, and old answers can still be checked."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from tests.journeys.api import Api


def update(api: Api, document_id: str, text: str) -> Any:
    return api.ok("PUT", f"/documents/{document_id}/content", json={"text": text})


def settled(api: Api, receipt: Any) -> Any:
    """The document when the job of a receipt is over."""
    assert api.finished(receipt["job"])["status"] in {"succeeded", "failed"}
    return api.ok("GET", f"/documents/{receipt['document']['id']}")


def versions(api: Api, document_id: str) -> list[tuple[int, str, str]]:
    items = api.ok("GET", f"/documents/{document_id}/versions")["items"]
    return [(item["number"], item["cause"], item["status"]) for item in items]


def one(api: Api, collection: str, text: str, **fields: Any) -> tuple[str, str]:
    """A collection of one text, and its document."""
    collection_id = api.collection(collection)
    receipt = api.ingest(collection_id, {"text": text, **fields})
    return collection_id, receipt["documents"][0]["id"]


@contextmanager
def searching(url: str, collection_id: str, query: str) -> Iterator[list[list[str]]]:
    """What searches find meanwhile, as the texts of the hits of each."""
    seen: list[list[str]] = []
    stop = threading.Event()

    def search() -> None:
        with Api(url) as api:
            while not stop.is_set():
                body = {"collection_ids": [collection_id], "mode": "lexical", "dedupe": False}
                seen.append([hit["text"] for hit in api.search(query, **body)["results"]])

    with ThreadPoolExecutor() as pool:
        searches = [pool.submit(search) for _ in range(2)]
        try:
            yield seen
        finally:
            stop.set()
            for item in searches:
                item.result()


def test_new_content_takes_the_place_of_the_old(api: Api) -> None:
    collection_id, document_id = one(api, "update", "The gate opens at seven.", title="Gate", tags=["x"])
    receipt = update(api, document_id, "The gate opens at nine.")
    assert receipt["version"]["number"] == 2
    assert receipt["document"]["version"] == 1
    assert not receipt["unchanged"]
    document = settled(api, receipt)
    assert (document["status"], document["version"], document["pending_version"]) == ("ready", 2, None)
    assert (document["title"], document["tags"]) == ("Gate", ["x"])
    assert api.text(document_id) == b"The gate opens at nine."
    assert versions(api, document_id) == [(1, "upload", "superseded"), (2, "update", "ready")]
    hits = api.search("gate", collection_ids=[collection_id])["results"]
    assert [(hit["text"], hit["version"]) for hit in hits] == [("The gate opens at nine.", 2)]


def test_what_a_former_version_said_can_still_be_read_and_checked(api: Api) -> None:
    collection_id, document_id = one(api, "former", "The ferry leaves from pier four.")
    answer = api.ok(
        "POST", "/answers", json={"query": "Where does the ferry leave?", "collection_ids": [collection_id]}
    )
    assert answer["citations"]
    settled(api, update(api, document_id, "The ferry leaves from pier nine."))
    verdicts = api.ok("POST", "/citations/verify", json={"citations": answer["citations"]})["results"]
    assert {item["verdict"] for item in verdicts} == {"verified"}
    assert api.text(document_id, version=1) == b"The ferry leaves from pier four."
    assert api.send("GET", f"/documents/{document_id}/content?version=1").content == b"The ferry leaves from pier four."
    (chunk,) = api.ok("GET", f"/documents/{document_id}/chunks?version=1")["items"]
    assert chunk["text"] == "The ferry leaves from pier four."
    for path in ("content", "text", "chunks"):
        api.problem(404, "version_not_found", "GET", f"/documents/{document_id}/{path}?version=3")


def test_content_a_document_has_already_makes_no_version(api: Api) -> None:
    _, document_id = one(api, "unchanged", "All quiet on the quay.")
    receipt = update(api, document_id, "All quiet on the quay.")
    assert (receipt["unchanged"], receipt["job"], receipt["version"]["number"]) == (True, None, 1)
    assert versions(api, document_id) == [(1, "upload", "ready")]
    again = api.ok(
        "PUT", f"/documents/{document_id}/content", json={"text": "All quiet on the quay.", "source_type": "html"}
    )
    assert not again["unchanged"]


def test_a_file_is_replaced_by_another_with_its_name_and_what_it_says_of_itself(api: Api) -> None:
    collection_id = api.collection("files over time")
    first = b"---\nauthor: Anna\nsubject: cranes\n---\n\n# Crane\n\nThe crane lifts ten tons."
    receipt = api.upload(collection_id, ("old.md", first), metadata='{"unit": "north"}')
    api.finished(receipt["job"])
    document_id = receipt["documents"][0]["id"]
    assert api.ok("GET", f"/documents/{document_id}")["metadata"]["author"] == "Anna"
    second = b"---\nauthor: Berta\n---\n\n# Crane manual\n\nThe crane lifts twelve tons."
    path = f"/documents/{document_id}/content"
    document = settled(api, api.ok("PUT", path, files=[("file", ("new.md", second))]))
    assert (document["filename"], document["title"]) == ("new.md", "Crane manual")
    assert document["metadata"] == {"author": "Berta", "unit": "north"}
    response = api.send("GET", path)
    assert (response.content, response.headers["Content-Disposition"]) == (
        second,
        "attachment; filename*=UTF-8''new.md",
    )
    assert api.send("GET", f"{path}?version=1").content == first
    same = api.ok("PUT", path, files=[("file", ("again.md", second))])
    assert (same["unchanged"], same["document"]["filename"]) == (True, "new.md")


def test_content_that_cannot_be_read_leaves_the_old_in_force_and_tells_why(api: Api) -> None:
    _, document_id = one(api, "broken update", "The pump is serviced in May.")
    path = f"/documents/{document_id}/content"
    document = settled(api, api.ok("PUT", path, files=[("file", ("x.pdf", b"%PDF-1.7\nno more than a head"))]))
    assert (document["status"], document["version"], document["pending_version"]) == ("ready", 1, None)
    assert document["error"]["code"] == "document_corrupt"
    assert versions(api, document_id) == [(1, "upload", "ready"), (2, "update", "failed")]
    assert api.text(document_id) == b"The pump is serviced in May."
    assert api.found("pump serviced", mode="lexical")
    mended = settled(api, update(api, document_id, "The pump is serviced in June."))
    assert (mended["version"], mended["error"]) == (3, None)


def test_new_content_has_to_be_something(api: Api) -> None:
    _, document_id = one(api, "nothing new", "Something.")
    path = f"/documents/{document_id}/content"
    api.problem(422, "validation_failed", "PUT", path, json={"text": ""})
    api.problem(422, "validation_failed", "PUT", path, json={"text": "x", "colour": "red"})
    api.problem(422, "upload_empty", "PUT", path, files=[("other", ("x.txt", b"x"))])
    for options in ({"json": {"text": "x"}}, {"files": [("file", ("x.txt", b"x"))]}):
        api.problem(404, "document_not_found", "PUT", "/documents/doc_none/content", **options)


def test_searches_find_the_old_or_the_new_and_never_both_or_neither(api: Api) -> None:
    collection_id, document_id = one(api, "no gap", "The lantern burns, round 0.")
    with searching(api.url, collection_id, "lantern burns") as seen:
        for number in range(1, 13):
            api.finished(update(api, document_id, f"The lantern burns, round {number}.")["job"])
    assert len(seen) > 12
    assert {len(texts) for texts in seen} == {1}


def test_of_several_updates_the_newest_wins(api: Api) -> None:
    _, document_id = one(api, "race", "The tide is at 0.")
    receipts = [update(api, document_id, f"The tide is at {number}.") for number in range(1, 9)]
    for receipt in receipts:
        api.finished(receipt["job"])
    document = api.ok("GET", f"/documents/{document_id}")
    assert (document["version"], document["pending_version"]) == (9, None)
    assert api.text(document_id) == b"The tide is at 8."
    states = [status for _, _, status in versions(api, document_id)]
    assert states == ["superseded"] * 8 + ["ready"]


def test_a_document_deleted_during_an_update_stays_deleted(api: Api) -> None:
    collection_id, document_id = one(api, "deleted meanwhile", "The albatross rests.")
    for number in range(3):
        update(api, document_id, f"The albatross rests {number}.")
    api.ok("DELETE", f"/documents/{document_id}")
    api.idle()
    assert api.found("albatross", mode="lexical", collection_ids=[collection_id]) == []
    facets = api.search("albatross", facets=["document_id"], collection_ids=[collection_id])["facets"]
    assert facets["document_id"] == []
