"""Passwords of originals: kept sealed, found by what they open, gone with the document."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.features.collections.collection import CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.documents import store
from ragstone.features.documents.document import Version
from ragstone.features.documents.intake.draft import Label, Original, file_document, first_version
from ragstone.features.documents.password_store import find_password, keep_passwords
from ragstone.features.documents.tables import document_passwords, documents
from ragstone.kit.clock import SystemClock
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Scope

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PEPPER = Pepper(bytes(range(32)))


async def receive(db: Database, scope: Scope, *passwords: str | None) -> list[Version]:
    collection = await create_collection(db, None, SystemClock(), scope, CollectionDraft("c"))
    entries = []
    for password in passwords:
        document = file_document(scope, collection.id, "a.pdf", 4, Label(), NOW)
        original = Original(hashlib.sha256((password or "").encode()).hexdigest(), 4, blob_key="k")
        entries.append((document, first_version(document, original, "job_test"), None))
    async with db.transaction(scope) as connection:
        await store.insert_documents(connection, entries)
        versions = [version for _, version, _ in entries]
        await keep_passwords(connection, scope, PEPPER, list(zip(versions, passwords, strict=True)))
    return versions


async def test_each_original_has_its_own_password_or_none(db: Database, scope: Scope) -> None:
    versions = await receive(db, scope, "one", None, "größer")
    assert [await find_password(db, scope, PEPPER, version) for version in versions] == ["one", None, "größer"]


async def test_a_new_version_of_the_same_bytes_opens_by_the_same_password(db: Database, scope: Scope) -> None:
    (version,) = await receive(db, scope, "one")
    assert await find_password(db, scope, PEPPER, replace(version, id="ver_2", number=2)) == "one"
    assert await find_password(db, scope, PEPPER, replace(version, source_sha256="0" * 64)) is None


async def test_a_password_given_again_replaces_the_first(db: Database, scope: Scope) -> None:
    (version,) = await receive(db, scope, "wrong")
    async with db.transaction(scope) as connection:
        await keep_passwords(connection, scope, PEPPER, [(version, "right")])
    assert await find_password(db, scope, PEPPER, version) == "right"


async def test_no_password_stands_in_the_database_nor_opens_without_the_pepper(db: Database, scope: Scope) -> None:
    (version,) = await receive(db, scope, "a long password")
    async with db.read(scope) as connection:
        (row,) = (await connection.execute(sa.select(document_passwords))).all()
    assert b"long" not in b"".join(str(value).encode() for value in row)
    assert await find_password(db, scope, Pepper(bytes(32)), version) is None


async def test_another_tenant_finds_no_password(db: Database, scope: Scope) -> None:
    (version,) = await receive(db, scope, "one")
    stranger = replace(scope, tenant_id="ten_other")
    assert await find_password(db, stranger, PEPPER, version) is None


async def test_a_password_goes_with_its_document(db: Database, scope: Scope) -> None:
    (version,) = await receive(db, scope, "one")
    async with db.transaction(scope) as connection:
        await connection.execute(sa.delete(documents).where(documents.c.id == version.document_id))
    async with db.read(scope) as connection:
        assert (await connection.execute(sa.select(document_passwords))).all() == []
