"""`kill -9` while documents are updated, read again and merged: whatever was acknowledged comes to be, whole."""

import asyncio
import random
from pathlib import Path

from tests.journeys.api import Api
from tests.journeys.conftest import StartServer

from ragstone.bootstrap import build
from ragstone.features.operations.doctor.examine import examine
from ragstone.features.operations.doctor.findings import Report
from ragstone.settings import EmbeddingSettings, Settings

WITHOUT_MODEL = {"RAGSTONE_EMBEDDING__PROVIDER": "none", "RAGSTONE_DOCUMENTS__KEPT_VERSIONS": "2"}
FILLER = " ".join(f"Sentence {number} says nothing of interest, and says it slowly." for number in range(60))
CHUNKING = {"strategy": "structure", "max_tokens": 60, "overlap_tokens": 0}
N_DOCUMENTS = 30
LIVES = 4


def said(number: int, round_: int) -> str:
    return f"Document {number} says word{round_}x{number}y. {FILLER}"


def request_some(api: Api, collection_id: str, ids: dict[int, str], round_: int) -> None:
    """What a client asks for in one life of the server."""
    for number, document_id in ids.items():
        api.ok("PUT", f"/documents/{document_id}/content", json={"text": said(number, round_)})
    api.ok("PATCH", f"/collections/{collection_id}", json={"chunking": CHUNKING | {"max_tokens": 40 + 10 * round_}})
    api.ok("POST", f"/collections/{collection_id}/reindex")


async def examined(data_dir: Path) -> Report:
    async with build(Settings(data_dir=data_dir, embedding=EmbeddingSettings(provider="none"))) as runtime:
        return await examine(runtime)


def test_updates_merges_and_reindexing_survive_being_killed(start_server: StartServer) -> None:
    rng = random.Random(4)  # noqa: S311 - Moments of death need no secrecy.
    server = start_server(WITHOUT_MODEL)
    with Api(server.wait_until_ready()) as api:
        collection_id = api.collection("killed")
        receipt = api.ingest(collection_id, *({"title": f"D{n}", "text": said(n, 0)} for n in range(N_DOCUMENTS)))
    ids = [item["id"] for item in receipt["documents"]]
    merged: list[tuple[str, list[int]]] = []
    updated = list(range(N_DOCUMENTS))
    for life in range(1, LIVES + 1):
        with Api(server.wait_until_ready()) as api:
            request_some(api, collection_id, {number: ids[number] for number in updated}, life)
            if life % 2:
                api.idle()
            numbers = [updated.pop() for _ in range(4)]
            body = {"document_ids": [ids[number] for number in numbers], "title": f"M{life}"}
            response = api.send("POST", "/documents/merge", json=body)
            if response.is_success:
                merged.append((response.json()["document"]["id"], numbers))
            wait(api, rng.randrange(40))
        server.kill()
        server = start_server(WITHOUT_MODEL)
    with Api(server.wait_until_ready()) as api:
        api.idle()
        check(api, collection_id, ids, updated, merged)
    assert server.stop() == 0
    report = asyncio.run(examined(server.data_dir))
    assert report.is_clean, report.by_kind()


def wait(api: Api, requests: int) -> None:
    """Some moments, measured in searches; none of them may show two versions of a document."""
    for _ in range(requests):
        hits = api.search("document says", mode="lexical", limit=100, dedupe=False)["results"]
        shown = {(hit["document_id"], hit["version"]) for hit in hits}
        assert len(shown) == len({document_id for document_id, _ in shown})


def check(
    api: Api, collection_id: str, ids: list[str], updated: list[int], merged: list[tuple[str, list[int]]]
) -> None:
    listed = {item["id"]: item for item in api.pages("/documents", collection_id=collection_id, limit=500)}
    for number in updated:
        assert listed[ids[number]]["status"] == "ready"
        assert listed[ids[number]]["pending_version"] is None
        assert api.text(ids[number]).decode() == said(number, LIVES)
    for merged_id, numbers in merged:
        is_done = listed[merged_id]["status"] == "ready"
        assert is_done or listed[merged_id]["error"]["code"] == "merge_source_changed"
        assert {ids[number] in listed for number in numbers} == {not is_done}
        text = api.text(merged_id).decode() if is_done else ""
        assert all((f"Document {number} says" in text) == is_done for number in numbers)
    found = [hit["chunk_id"] for hit in api.search("interest", mode="lexical", limit=100, dedupe=False)["results"]]
    assert len(found) == len(set(found))
