"""Every operation of the OpenAPI document, asked by strangers about a tenant's objects.

A new operation is covered by being in the document; one with an identifier of a kind that nobody knows here fails.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from tests.isolation.requests import Operation, operations
from tests.isolation.world import FIRST, SECOND, all_tables, row_id, rows_of
from tests.journeys.api import Api
from tests.journeys.server import Server

from ragstone.db.database import Database
from ragstone.db.metadata import metadata
from ragstone.features.accounts.tables import api_keys, tenants
from ragstone.kit.ids import new_id
from ragstone.kit.pepper import load_pepper

CANARY: Final = "zanzibarquokka"
FIRST_TENANT, SECOND_TENANT = f"ten_{FIRST}", f"ten_{SECOND}"

READING_POSTS: Final = {
    "POST /api/v1/answers",
    "POST /api/v1/citations/verify",
    "POST /api/v1/search",
}
"""Operations that change nothing although they are no GET. All others that are no GET need the right to write."""

EMPTY_INSTEAD: Final = {
    "GET /api/v1/documents": "items",
    "POST /api/v1/citations/verify": "document_not_found",
}
"""Where an identifier of another's object is no error: the list is empty, or the verdict says so."""

_OWN_TABLES: Final = {"users", "memberships", "sessions"}
_BACKGROUND: Final = {"last_used_at", "delivered_at", "updated_at"}
_UNWATCHED: Final = {"outbox", "job_turns"}


@dataclass(frozen=True)
class Tenants:
    """The first tenant's objects, by the name their identifiers go under, and everybody's keys."""

    ids: Mapping[str, str]
    spare_collection_id: str
    keys: Mapping[str, str]
    document: Mapping[str, Any]
    url: str
    folder: Path

    def operations(self) -> list[Operation]:
        """All operations, about the first tenant's objects."""
        return list(operations(self.document, self.ids))


@pytest.fixture(scope="module")
def tenants_(server: Server) -> Tenants:
    """Two tenants on the shared server, the first with some of everything, the second with documents of its own."""
    url = server.wait_until_ready()
    first_key, second_key = (asyncio.run(_make_tenant(server, who)) for who in (FIRST, SECOND))
    with Api(url, first_key) as first, Api(url, second_key) as second:
        ids, spare = _fill(first)
        _fill(second, "of the second tenant")
        narrow = asyncio.run(_make_key(server, FIRST_TENANT, {"read", "write"}, [spare]))
        keys = {
            "owner": first_key,
            "viewer": asyncio.run(_make_key(server, FIRST_TENANT, {"read"})),
            "editor": asyncio.run(_make_key(server, FIRST_TENANT, {"read", "write"})),
            "narrow": narrow,
            "stranger": second_key,
        }
        document = first.ok("GET", "/openapi.json")
    return Tenants(ids, spare, keys, document, url, server.data_dir)


def test_a_stranger_finds_nothing_and_changes_nothing(server: Server, tenants_: Tenants) -> None:
    before = _state(server, tenants_)
    with Api(tenants_.url, tenants_.keys["stranger"]) as stranger:
        wrong = [line for operation in tenants_.operations() for line in _unlike_a_stranger(stranger, operation)]
        wrong += _found_by_other_means(stranger, tenants_)
    assert wrong == []
    assert _state(server, tenants_) == before


def test_a_key_for_some_collections_finds_nothing_of_the_others(server: Server, tenants_: Tenants) -> None:
    if "collection_ids" not in api_keys.c:
        pytest.skip("keys have no list of collections")
    before = _state(server, tenants_)
    about_first = [operation for operation in tenants_.operations() if _is_about_collections(operation)]
    with Api(tenants_.url, tenants_.keys["narrow"]) as narrow:
        wrong = [line for operation in about_first for line in _unlike_a_stranger(narrow, operation)]
        wrong += _found_by_other_means(narrow, tenants_)
        assert [item["id"] for item in narrow.pages("/collections")] == [tenants_.spare_collection_id]
        assert {item["collection_id"] for item in narrow.pages("/documents")} == {tenants_.spare_collection_id}
        assert narrow.problem(403, "scope_too_narrow", "POST", "/collections", json={"name": "unseen"})
        assert narrow.problem(403, "scope_too_narrow", "GET", "/embeddings/usage")
    assert wrong == []
    assert _state(server, tenants_) == before


def test_who_may_do_what_is_as_the_table_of_permissions_says(tenants_: Tenants) -> None:
    """With identifiers of nothing, so that what is allowed does no harm."""
    nothing = {name: f"{value[:4]}nothing{len(name)}" for name, value in tenants_.ids.items()}
    asked = list(operations(tenants_.document, nothing))
    wrong = []
    for name in ("viewer", "editor", None):
        with Api(tenants_.url, tenants_.keys[name] if name else None) as client:
            wrong += [line for operation in asked if (line := _unlike_the_table(client, name, operation))]
    principals = ("stranger", "narrow", "viewer", "editor", "anonymous")
    print(f"{len(asked)} operations x {len(principals)} principals = {len(asked) * len(principals)}")  # noqa: T201 - The count is what is reported.
    assert wrong == []


def _unlike_a_stranger(client: Api, operation: Operation) -> Iterator[str]:
    """In what an answer differs from what somebody gets who must not know that the objects are there."""
    status, text = _ask(client, operation)
    if CANARY in text:
        yield f"{operation} tells what only the first tenant knows: {text:.300}"
    if operation.is_open:
        return
    if str(operation) in EMPTY_INSTEAD:
        empty = EMPTY_INSTEAD[str(operation)]
        if status != 200 or (f'"{empty}":[]' not in text and f'"{empty}"' not in text):
            yield f"{operation} answers {status} {text:.300}"
    elif (operation.ids_in and status != 404) or (not operation.ids_in and (status in {401, 403} or status >= 500)):
        yield f"{operation} answers {status} {text:.300}"


def _unlike_the_table(client: Api, name: str | None, operation: Operation) -> str | None:
    status, text = _ask(client, operation)
    if operation.is_open:
        expected = status not in {401, 403} and (status < 500 or "ready" in operation.path)
    elif name is None:
        expected = status == 401
    elif name == "viewer" and _needs_writing(operation):
        expected = status == 403
    else:
        expected = status not in {401, 403} and status < 500
    return None if expected else f"{name or 'anonymous'}: {operation} answers {status} {text:.300}"


def _needs_writing(operation: Operation) -> bool:
    return operation.method != "get" and str(operation) not in READING_POSTS


def _is_about_collections(operation: Operation) -> bool:
    """Whether what it is about is in a collection: a list of collections narrows nothing else."""
    return bool(operation.ids_in) and not any(
        f"{{{name}_id}}" in operation.template for name in ("key", "user", "session")
    )


def _found_by_other_means(client: Api, tenants_: Tenants) -> Iterator[str]:
    """What filters, facets, lists and repeated requests tell."""
    mine = {"field": "document_id", "op": "eq", "value": tenants_.ids["document_id"]}
    probes: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("POST", "/search", {"json": {"query": CANARY, "facets": ["tag", "filename"]}}),
        ("POST", "/search", {"json": {"query": CANARY, "filters": mine}}),
        ("POST", "/search", {"json": {"query": CANARY, "mode": "lexical", "filters": {"not": mine}}}),
        ("POST", "/answers", {"json": {"query": f"What is {CANARY}?"}}),
        ("GET", "/documents", {"params": {"tag": CANARY}}),
        ("GET", "/documents", {"params": {"external_id": CANARY}}),
        ("GET", "/jobs", {"params": {"limit": 200}}),
        ("GET", "/collections", {}),
        ("POST", "/ingest", {"json": _again(), "headers": {"Idempotency-Key": "repeated"}}),
    )
    for method, path, options in probes:
        response = client.send(method, path, **options)
        hidden = {tenants_.ids[name] for name in ("collection_id", "document_id", "other_document_id", "job_id")}
        told = [item for item in hidden if item in response.text]
        if told or (CANARY in response.text.replace(f"What is {CANARY}?", "") and path != "/ingest"):
            yield f"{method} {path} {options} tells {told} {response.text:.300}"


def _ask(client: Api, operation: Operation) -> tuple[int, str]:
    """Status and body; of a stream as far as its first event."""
    if not operation.is_stream:
        response = client.send(operation.method.upper(), operation.path, **operation.options)
        return response.status_code, response.text
    with client.http.stream("GET", operation.path) as response:
        if response.status_code != 200:
            return response.status_code, response.read().decode()
        return response.status_code, next(line for line in response.iter_lines() if line.startswith("data"))


def _fill(client: Api, words: str = CANARY) -> tuple[dict[str, str], str]:
    """Make some of everything; the identifiers, and a further collection with a document."""
    collection_id, spare = client.collection(f"{words} collection"), client.collection("spare")
    documents = [
        {"title": f"{words} {n}", "text": f"The secret is {words} {n}.", "tags": [words], "external_id": f"{words}{n}"}
        for n in range(2)
    ]
    receipt = client.ingest(collection_id, *documents)
    client.ingest(spare, {"title": "plain", "text": "Nothing of interest."})
    again = client.ok("POST", "/ingest", json={**_again(), "collection_id": collection_id})
    client.finished(again["job"])
    kept = client.ok("POST", "/ingest", json=_again(), headers={"Idempotency-Key": "repeated"})
    client.finished(kept["job"])
    first, second = (item["id"] for item in receipt["documents"])
    chunk = client.ok("GET", f"/documents/{first}/chunks")["items"][0]
    ids = {
        "collection_id": collection_id,
        "document_id": first,
        "other_document_id": second,
        "job_id": receipt["job"]["id"],
        "chunk_id": chunk["id"],
        **{f"{name.removesuffix('s')}_id": row_id(name, FIRST, 0) for name in _OWN_TABLES},
    }
    return ids, spare


def _again() -> dict[str, Any]:
    return {"documents": [{"text": "Sent again under the same key."}]}


async def _make_tenant(server: Server, who: str) -> str:
    """A tenant and what its people have, straight into the store; the key of its owner."""
    async with Database(server.database_url) as db, db.transaction_across_tenants() as connection:
        for table in all_tables():
            if table is tenants or table.name in _OWN_TABLES:
                await connection.execute(sa.insert(table), rows_of(table, who))
    return await _make_key(server, f"ten_{who}", {"read", "write", "admin", "owner"})


async def _make_key(
    server: Server, tenant_id: str, permissions: set[str], collection_ids: list[str] | None = None
) -> str:
    secret = f"rs_{new_id('secret')}_0123456789abcdef"
    values = {
        "id": new_id("key"),
        "tenant_id": tenant_id,
        "name": "of a test",
        "secret_hash": load_pepper(server.data_dir / "secrets").digest(secret),
        "permissions": sorted(permissions),
        "created_at": datetime.now(UTC),
        **({"collection_ids": collection_ids} if "collection_ids" in api_keys.c else {}),
    }
    async with Database(server.database_url) as db, db.transaction_across_tenants() as connection:
        await connection.execute(sa.insert(api_keys).values(values))
    return secret


def _state(server: Server, tenants_: Tenants) -> tuple[str, list[str], list[str]]:
    """The first tenant's rows and blobs as hashes, and what it finds."""
    with Api(tenants_.url, tenants_.keys["owner"]) as owner:
        owner.idle()
        found = owner.found(CANARY)
    files = sorted((server.data_dir / "blobs").rglob(f"{FIRST_TENANT}/*"))
    blobs = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()]
    return asyncio.run(_rows(server)), blobs, found


async def _rows(server: Server) -> str:
    digest = hashlib.sha256()
    async with Database(server.database_url) as db, db.read_across_tenants() as connection:
        for table in metadata.sorted_tables:
            if "tenant_id" not in table.c or table.name in _UNWATCHED or table.name.startswith("audit"):
                continue
            columns = [column for column in table.c if column.name not in _BACKGROUND]
            rows = await connection.execute(sa.select(*columns).where(table.c.tenant_id == FIRST_TENANT))
            digest.update(repr((table.name, sorted(map(repr, rows)))).encode())
    return digest.hexdigest()
