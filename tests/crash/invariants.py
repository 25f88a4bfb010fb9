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
    span = {name: hit["span"][name] for name in ("start_byte", "end_byte")} | {"version": hit["version"]}
    document, text = await client.get(url), await client.get(f"{url}/text", params=span)
    item = ledger.items.get(hit["document_title"]) or ledger.by_document_id(hit["document_id"])
    if httpx2.codes.NOT_FOUND in {document.status_code, text.status_code}:
        may_be_gone = item is None or item.deletion is not Fate.NONE or item.merged_into is not None
        violations.unless(may_be_gone, f"{hit['document_title']} is found, but is not there")
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
        listed[document["external_id"] or document["filename"] or document["title"]].append(document)
    counts: Counter[str] = Counter()
    for item in ledger.items.values():
        merged = listed.get(item.merged_into.key, []) if item.merged_into else []
        counts[await _check_item(client, violations, item, listed.get(item.key, []), is_merged=bool(merged))] += 1
    for key in set(listed) - set(ledger.items):
        violations.add(f"{key} was never sent")
    return counts


async def _check_item(
    client: httpx2.AsyncClient, violations: Violations, item: Item, found: list[dict[str, Any]], *, is_merged: bool
) -> str:
    violations.unless(len(found) <= 1, f"{item.key} is there {len(found)} times")
    if item.deletion is Fate.ACKNOWLEDGED:
        violations.unless(not found, f"{item.key} was deleted and is there")
        await _check_not_found(client, violations, item, "was deleted")
        return "deleted"
    if item.merged_into is not None and is_merged:
        violations.unless(not found, f"{item.key} was merged into {item.merged_into.key} and is there")
        return "merged away"
    if item.creation is Fate.ACKNOWLEDGED and item.deletion is Fate.NONE:
        violations.unless(bool(found), f"{item.key} was acknowledged and is lost")
    if not found:
        await _check_not_found(client, violations, item, "is not there")
        return "absent, unanswered" if item.creation is not Fate.NONE else "never sent"
    await (_check_merged if item.sources else _check_whole)(client, violations, item, found[0])
    return "acknowledged" if item.creation is Fate.ACKNOWLEDGED else "present, unanswered"


async def _check_not_found(client: httpx2.AsyncClient, violations: Violations, item: Item, why: str) -> None:
    for content in item.contents:
        if content.word:
            violations.unless(not await _search(client, content.word), f"{item.key} {why} and is found")


async def _check_whole(
    client: httpx2.AsyncClient, violations: Violations, item: Item, document: dict[str, Any]
) -> None:
    possible = item.possible_contents()
    wanted = "ready" if possible else "failed"
    if document["status"] != wanted:
        violations.add(f"{item.key} is {document['status']}, not {wanted}: {document['error']}")
        return
    if not possible:
        await _check_not_found(client, violations, item, "cannot be read")
        return
    text = await _check_spans(client, violations, item, document)
    said = [content for content in possible if text.decode().count(content.word) == 1]
    if len(said) != 1:
        violations.add(f"the text of {item.key} has {len(said)} of the words it may have")
        return
    for content in item.contents:
        if content is not said[0]:
            hits = await _search(client, content.word)
            violations.unless(not hits, f"{item.key} is found by what it says no more")
    await _check_found(client, violations, item, document, said[0].word)
    tags = set(document["tags"]) or {""}
    violations.unless(tags <= item.possible_tags(), f"{item.key} is labelled {tags}, not {item.possible_tags()}")
    if item.is_file and said[0] is item.contents[-1]:
        original = (await client.get(f"/documents/{document['id']}/content")).content
        violations.unless(original == said[0].data, f"the content of {item.key} is not what was sent")


async def _check_merged(
    client: httpx2.AsyncClient, violations: Violations, item: Item, document: dict[str, Any]
) -> None:
    violations.unless(document["status"] == "ready", f"{item.key} is {document['status']}: {document['error']}")
    text = (await _check_spans(client, violations, item, document)).decode()
    for source in item.sources:
        said = [content.word for content in source.possible_contents() if text.count(content.word) == 1]
        violations.unless(len(said) == 1, f"{item.key} says what {source.key} said {len(said)} times")
        for word in said:
            await _check_found(client, violations, item, document, word)


async def _check_spans(
    client: httpx2.AsyncClient, violations: Violations, item: Item, document: dict[str, Any]
) -> bytes:
    """The text of a document, once every chunk has been found to be the text at its span."""
    url = f"/documents/{document['id']}"
    text = (await client.get(f"{url}/text")).content
    chunks = await _all(client, f"{url}/chunks")
    violations.unless(bool(chunks), f"{item.key} has no chunks")
    for number, chunk in enumerate(chunks):
        violations.unless(chunk["ordinal"] == number, f"chunk {number} of {item.key} is missing")
        sliced = text[chunk["start_byte"] : chunk["end_byte"]].decode()
        violations.unless(sliced == chunk["text"], f"chunk {number} of {item.key} is not the text at its span")
    versions = (await client.get(f"{url}/versions")).json()["items"]
    active = [version for version in versions if version["status"] == "ready"]
    violations.unless(len(active) == 1, f"{item.key} has {len(active)} versions that answer")
    pending = [version for version in versions if version["status"] == "pending"]
    violations.unless(not pending, f"{item.key} has versions that nobody reads")
    violations.unless(active[0]["n_chunks"] == len(chunks), f"{item.key} has not the chunks its version says")
    return text


async def _check_found(
    client: httpx2.AsyncClient, violations: Violations, item: Item, document: dict[str, Any], word: str
) -> None:
    """A word finds just those chunks of the document that say it."""
    chunks = await _all(client, f"/documents/{document['id']}/chunks")
    with_word = sorted(chunk["id"] for chunk in chunks if word in chunk["text"].lower())
    found = sorted(hit["chunk_id"] for hit in await _search(client, word))
    violations.unless(found == with_word, f"{item.key} is found in {found}, but says its word in {with_word}")


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
