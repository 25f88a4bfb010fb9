"""What must hold of a server that was killed, looked at through its public interface alone."""

# ruff: noqa: T201 - It is a program that prints what it finds.

import asyncio
import random
import time
from collections import Counter, defaultdict
from typing import Any

import httpx2
from tests.crash.ledger import COMMON_WORD, Fate, Item, Ledger

_CHECKED_HITS = 12
_TOLD = 30
_JOBS_TIMEOUT_S = 300.0
_UNAVAILABLE = 503


class Violations:
    """Everything that was found wrong, in words."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, what: str) -> None:
        """Note it, and tell the first ones at once."""
        self.found.append(what)
        if len(self.found) <= _TOLD:
            print(f"  VIOLATION {what}", flush=True)

    def unless(self, holds: bool, what: str) -> None:  # noqa: FBT001 - Reads as an assertion.
        """Note it if it does not hold."""
        if not holds:
            self.add(what)


async def check_hits(
    client: httpx2.AsyncClient, ledger: Ledger, violations: Violations, query: str, rng: random.Random
) -> None:
    """Whatever a search shows is whole: ready, not deleted, and its text is what the document says at its span."""
    gone = {item.document_id for item in ledger.deleted()}
    mode = rng.choice(("hybrid", "lexical", "dense"))
    body = {"query": query, "mode": mode, "limit": 100, "dedupe": False}
    response = await client.post("/search", json=body)
    if response.status_code == _UNAVAILABLE:  # The index was killed alone, and is on its way back.
        await asyncio.sleep(0.1)
        return
    if response.status_code != httpx2.codes.OK:
        violations.add(f"a {mode} search answered {response.status_code}: {response.text[:300]}")
        return
    hits = response.json()["results"]
    violations.unless(len({hit["chunk_id"] for hit in hits}) == len(hits), "a search shows a chunk twice")
    for hit in hits:
        violations.unless(hit["document_id"] not in gone, f"{hit['document_title']} was deleted and is found")
    for hit in rng.sample(hits, min(len(hits), _CHECKED_HITS)):
        await _check_hit(client, ledger, violations, hit)


async def _check_hit(client: httpx2.AsyncClient, ledger: Ledger, violations: Violations, hit: dict[str, Any]) -> None:
    url = f"/documents/{hit['document_id']}"
    span = {name: hit["span"][name] for name in ("start_byte", "end_byte")}
    document, text = await client.get(url), await client.get(f"{url}/text", params=span)
    item = ledger.items.get(hit["document_title"]) or ledger.by_document_id(hit["document_id"])
    if httpx2.codes.NOT_FOUND in {document.status_code, text.status_code}:
        is_being_deleted = item is None or item.deletion is not Fate.NONE
        violations.unless(is_being_deleted, f"{hit['document_title']} is found, but is not there")
        return
    violations.unless(document.json()["status"] == "ready", f"{hit['document_title']} is found before it is ready")
    violations.unless(text.text == hit["text"], f"a hit in {hit['document_title']} is not the text at its span")


async def wait_for_jobs(client: httpx2.AsyncClient, violations: Violations) -> Counter[str]:
    """Wait until no job is queued or running; how many ended in which state."""
    deadline = time.monotonic() + _JOBS_TIMEOUT_S
    while time.monotonic() < deadline:
        jobs = await _all(client, "/jobs")
        unfinished = [job for job in jobs if job["status"] in {"queued", "running"}]
        if not unfinished:
            return Counter(job["status"] for job in jobs)
        await asyncio.sleep(0.25)
    violations.add(f"{len(unfinished)} jobs do not end, such as {unfinished[0]}")
    return Counter(job["status"] for job in jobs)


async def check_documents(client: httpx2.AsyncClient, ledger: Ledger, violations: Violations) -> Counter[str]:
    """Every document is there exactly once or not at all, as the ledger says; how many of each kind."""
    listed: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for document in await _all(client, "/documents"):
        listed[document["external_id"] or document["filename"]].append(document)
    counts: Counter[str] = Counter()
    for item in ledger.items.values():
        counts[await _check_item(client, violations, item, listed.pop(item.key, []))] += 1
    for key in listed:
        violations.add(f"{key} was never sent")
    return counts


async def _check_item(
    client: httpx2.AsyncClient, violations: Violations, item: Item, found: list[dict[str, Any]]
) -> str:
    violations.unless(len(found) <= 1, f"{item.key} is there {len(found)} times")
    if item.deletion is Fate.ACKNOWLEDGED:
        violations.unless(not found, f"{item.key} was deleted and is there")
        violations.unless(not await _search(client, item.word), f"{item.key} was deleted and is found")
        return "deleted"
    if item.creation is Fate.ACKNOWLEDGED and item.deletion is Fate.NONE:
        violations.unless(bool(found), f"{item.key} was acknowledged and is lost")
    if not found:
        violations.unless(not await _search(client, item.word), f"{item.key} is not there and is found")
        return "absent, unanswered" if item.creation is not Fate.NONE else "never sent"
    await _check_whole(client, violations, item, found[0])
    return "acknowledged" if item.creation is Fate.ACKNOWLEDGED else "present, unanswered"


async def _check_whole(
    client: httpx2.AsyncClient, violations: Violations, item: Item, document: dict[str, Any]
) -> None:
    wanted = "ready" if item.is_readable else "failed"
    if document["status"] != wanted:
        violations.add(f"{item.key} is {document['status']}, not {wanted}: {document['error']}")
        return
    hits = await _search(client, item.word)
    if not item.is_readable:
        violations.unless(not hits, f"{item.key} cannot be read and is found")
        return
    url = f"/documents/{document['id']}"
    text = (await client.get(f"{url}/text")).content
    chunks = await _all(client, f"{url}/chunks")
    violations.unless(text.decode().count(item.word) == 1, f"the text of {item.key} does not have its word once")
    violations.unless(bool(chunks), f"{item.key} has no chunks")
    for number, chunk in enumerate(chunks):
        violations.unless(chunk["ordinal"] == number, f"chunk {number} of {item.key} is missing")
        sliced = text[chunk["start_byte"] : chunk["end_byte"]].decode()
        violations.unless(sliced == chunk["text"], f"chunk {number} of {item.key} is not the text at its span")
    with_word = sorted(chunk["id"] for chunk in chunks if item.word in chunk["text"].lower())
    found = sorted(hit["chunk_id"] for hit in hits)
    violations.unless(found == with_word, f"{item.key} is found in {found}, but says its word in {with_word}")
    versions = (await client.get(f"{url}/versions")).json()["items"]
    violations.unless(len(versions) == 1, f"{item.key} has {len(versions)} versions")
    violations.unless(versions[0]["n_chunks"] == len(chunks), f"{item.key} has not the chunks its version says")
    if item.is_file:
        content = (await client.get(f"{url}/content")).content
        violations.unless(content == item.content, f"the content of {item.key} is not what was sent")


async def check_nothing_is_left(client: httpx2.AsyncClient, ledger: Ledger, violations: Violations) -> None:
    """Collections that were deleted are gone, and the common word finds no deleted document."""
    names = {item["id"] for item in await _all(client, "/collections")}
    violations.unless(not names & ledger.dropped_collections, "a deleted collection is listed")
    gone = {item.document_id for item in ledger.deleted()}
    found = {hit["document_id"] for hit in await _search(client, COMMON_WORD)}
    violations.unless(not found & gone, "a deleted document is found")


async def _search(client: httpx2.AsyncClient, query: str) -> list[dict[str, Any]]:
    body = {"query": query, "mode": "lexical", "limit": 100, "dedupe": False}
    response = await client.post("/search", json=body)
    response.raise_for_status()
    return list(response.json()["results"])


async def _all(client: httpx2.AsyncClient, url: str) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        response = await client.get(url, params={"limit": 500, **({"cursor": cursor} if cursor else {})})
        response.raise_for_status()
        page = response.json()
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items
