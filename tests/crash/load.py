"""What users do meanwhile: hand documents in, by every way there is, delete some, and search without pause."""

import json
import random

import httpx2
from tests.crash.invariants import Violations, check_hits
from tests.crash.ledger import COMMON_WORD, Fate, Item, Ledger
from tests.crash.victim import MODELS

_ACCEPTED = 202
_FEWEST_TO_MERGE = 8
_CHANGE = 0.8  # For each request that hands something in.

_NOT_MERGED = frozenset({"document_not_ready", "merge_source_changed"})
"""Only what has been read can be merged, and only as it was when the merging began: an update may have come between."""


class Load:
    """Requests of one life of the server. Everything ends quietly when the server is killed."""

    def __init__(self, client: httpx2.AsyncClient, ledger: Ledger, violations: Violations) -> None:
        self._client = client
        self._ledger = ledger
        self._violations = violations
        self._rng = random.Random(ledger.rng.random())  # noqa: S311 - Load needs no secrecy.

    async def hand_in(self, quota: int) -> None:
        """Requests until `quota` more documents have been accepted."""
        goal = len(self._ledger.acknowledged()) + quota
        try:
            while len(self._ledger.acknowledged()) < goal:
                await self._something()
        except httpx2.TransportError:
            return

    async def search(self) -> None:
        """Searches, checking every hit; one that the dead index could not answer is none."""
        try:
            while True:
                await check_hits(self._client, self._ledger, self._violations, COMMON_WORD, self._rng)
        except httpx2.TransportError:
            return

    async def _something(self) -> None:
        ways = (self._upload_one, self._upload_many, self._ingest_one, self._ingest_many, self._stream)
        await self._rng.choice(ways)()
        if self._rng.random() < _CHANGE:
            changes = {
                self._delete: 30,
                self._update: 30,
                self._label: 15,
                self._merge: 12,
                self._reindex: 12,
                self._move: 10,
                self._make_and_drop_collection: 6,
            }
            await self._rng.choices(list(changes), list(changes.values()))[0]()

    async def _upload_one(self) -> None:
        await self._upload(self._ledger.new_files(1))

    async def _upload_many(self) -> None:
        await self._upload(self._ledger.new_files(self._rng.randint(2, 6)))

    async def _ingest_one(self) -> None:
        await self._ingest(self._ledger.new_texts(1))

    async def _ingest_many(self) -> None:
        await self._ingest(self._ledger.new_texts(self._rng.randint(2, 8)))

    async def _upload(self, items: list[Item]) -> None:
        files = [("files", (item.key, item.contents[0].data)) for item in items]
        collection_id = await self._default_collection()
        if collection_id is not None:
            sent = self._client.build_request("POST", f"/collections/{collection_id}/documents", files=files)
            await self._send(sent, items)

    async def _ingest(self, items: list[Item], collection_id: str | None = None) -> None:
        many: object = {"collection_id": collection_id, "documents": [item.record(item.contents[0]) for item in items]}
        one = items[0].record(items[0].contents[0]) if len(items) == 1 and collection_id is None else many
        await self._send(self._client.build_request("POST", "/ingest", json=one), items)

    async def _stream(self) -> None:
        items = self._ledger.new_texts(self._rng.randint(2, 8))
        body = "".join(json.dumps(item.record(item.contents[0])) + "\n" for item in items)
        headers = {"Content-Type": "application/x-ndjson"}
        await self._send(self._client.build_request("POST", "/ingest", content=body, headers=headers), items)

    async def _send(self, request: httpx2.Request, items: list[Item]) -> None:
        for item in items:
            item.contents[0].fate = Fate.SENT
        response = await self._client.send(request)
        if response.status_code != _ACCEPTED:
            self._violations.add(f"{request.url.path} answered {response.status_code}: {response.text[:300]}")
            return
        told = {entry["external_id"] or entry["filename"]: entry["id"] for entry in response.json()["documents"]}
        for item in items:
            item.document_id = told.get(item.key)
            item.contents[0].fate = Fate.ACKNOWLEDGED

    async def _delete(self) -> None:
        item = self._any()
        if item is None:
            return
        item.deletion = Fate.SENT
        response = await self._client.delete(f"/documents/{item.document_id}")
        if response.is_success:
            item.deletion = Fate.ACKNOWLEDGED
        else:
            self._violations.add(f"deleting {item.key} answered {response.status_code}: {response.text[:300]}")

    async def _update(self) -> None:
        item = self._any()
        if item is None:
            return
        content = self._ledger.new_content(item)
        content.fate = Fate.SENT
        url = f"/documents/{item.document_id}/content"
        if item.is_file:
            response = await self._client.put(url, files={"file": (item.key, content.data)})
        elif self._rng.random() < 0.5:
            response = await self._client.put(url, json={"text": content.data.decode()})
        else:
            response = await self._client.post("/ingest", json=item.record(content))
        if self._is_done(response, f"updating {item.key}"):
            content.fate = Fate.ACKNOWLEDGED

    async def _label(self) -> None:
        item = self._any()
        if item is None:
            return
        tag = f"tag{self._rng.randrange(1_000_000)}"
        item.tags.append((tag, Fate.SENT))
        if self._rng.random() < 0.5:
            response = await self._client.patch(f"/documents/{item.document_id}", json={"tags": [tag]})
        else:
            body = {"document_ids": [item.document_id], "tags": [tag]}
            response = await self._client.post("/documents/bulk-update", json=body)
        if self._is_done(response, f"labelling {item.key}"):
            item.tags[-1] = (tag, Fate.ACKNOWLEDGED)

    async def _merge(self) -> None:
        page = (await self._client.get("/documents", params={"status": "ready", "limit": 500})).json()
        ready = {document["id"] for document in page["items"]}
        readable = [
            item
            for item in self._ledger.at_hand()
            if item.document_id in ready and all(content.is_readable for content in item.contents)
        ]
        if len(readable) < _FEWEST_TO_MERGE:
            return
        sources = tuple(self._rng.sample(readable, self._rng.randint(2, 3)))
        merger = self._ledger.new_merger(sources)
        merger.contents[0].fate = Fate.SENT
        body = {"document_ids": [item.document_id for item in sources], "title": merger.key}
        response = await self._client.post("/documents/merge", json=body)
        if response.status_code == httpx2.codes.CONFLICT and response.json()["code"] in _NOT_MERGED:
            self._ledger.forget_merger(merger)
        elif self._is_done(response, f"merging into {merger.key}"):
            merger.contents[0].fate = Fate.ACKNOWLEDGED
            merger.document_id = response.json()["document"]["id"]

    async def _reindex(self) -> None:
        item = self._any()
        if item is None:
            return
        collection_id = await self._default_collection()
        whole = self._rng.random() < 0.3
        url = f"/collections/{collection_id}" if whole else f"/documents/{item.document_id}"
        self._is_done(await self._client.post(f"{url}/reindex"), f"indexing {url} again")

    async def _move(self) -> None:
        """To another embedding model, back to the one before, or for good."""
        collection_id = await self._default_collection()
        if collection_id is None:
            return
        url = f"/collections/{collection_id}/embedding"
        way = self._rng.random()
        if way < 0.6:
            response = await self._client.post(url, json={"embedding_model": self._rng.choice(MODELS)})
        else:
            response = await self._client.post(f"{url}/{'rollback' if way < 0.8 else 'drop-previous'}")
        if response.status_code != httpx2.codes.CONFLICT:  # It is being moved, or is where it is to go.
            self._is_done(response, "changing the embedding model")

    def _any(self) -> Item | None:
        candidates = self._ledger.at_hand()
        return self._rng.choice(candidates) if candidates else None

    def _is_done(self, response: httpx2.Response, what: str) -> bool:
        if not response.is_success:
            self._violations.add(f"{what} answered {response.status_code}: {response.text[:300]}")
        return response.is_success

    async def _make_and_drop_collection(self) -> None:
        name = f"short-lived {self._rng.random()}"
        collection_id = (await self._client.post("/collections", json={"name": name})).json()["id"]
        items = self._ledger.new_texts(3)
        for item in items:
            item.collection_id = collection_id
        await self._ingest(items, collection_id)
        for item in items:
            item.deletion = Fate.SENT
        if (await self._client.delete(f"/collections/{collection_id}")).is_success:
            self._ledger.dropped_collections.add(collection_id)
            for item in items:
                item.deletion = Fate.ACKNOWLEDGED

    async def _default_collection(self) -> str | None:
        """The identifier of the collection that `POST /ingest` makes; files wait until it is there."""
        page = (await self._client.get("/collections", params={"limit": 500})).json()
        return next((str(item["id"]) for item in page["items"] if item["name"] == "default"), None)
