"""A tenant keeps no more than it may, whoever hands in at once; what is deleted makes room."""

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.features.accounts.quotas import store as quota_store
from ragstone.features.accounts.quotas.quota import QuotaExceeded, Resource
from ragstone.features.accounts.quotas.reserve import Ledger
from ragstone.features.collections.collection import Collection, CollectionDraft
from ragstone.features.collections.create import create_collection
from ragstone.features.documents.intake.accept import accept
from ragstone.features.documents.intake.draft import TextDraft
from ragstone.features.documents.stock import count_kept, keep_within_quota, require_space
from ragstone.features.documents.tables import documents
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.kit.clock import SystemClock
from ragstone.kit.scope import Scope
from ragstone.settings import QuotaSettings

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DOCUMENTS, BYTES = Resource.DOCUMENTS, Resource.BYTES


@pytest.fixture
async def collection(db: Database, scope: Scope) -> Collection:
    return await create_collection(db, None, SystemClock(), scope, CollectionDraft("c"))


def ledger_of(db: Database, **settings: object) -> Ledger:
    return Ledger(db, SystemClock(), QuotaSettings.model_validate(settings))


async def hand_in(ledger: Ledger, scope: Scope, collection: Collection, *drafts: TextDraft) -> None:
    async with ledger.db.transaction(scope) as connection:
        job = await enqueue(connection, scope, NewJob("documents.ingest", {}, collection_id=None), NOW)
        accepted = await accept(connection, scope, collection, job, drafts, NOW)
        await keep_within_quota(connection, scope, ledger, accepted.counts.created, accepted.n_bytes)


async def kept(ledger: Ledger, scope: Scope) -> dict[Resource, int]:
    async with ledger.db.read(scope) as connection:
        return dict(await count_kept(connection, scope))


async def delete(ledger: Ledger, scope: Scope, most: int) -> None:
    async with ledger.db.transaction(scope) as connection:
        some = sa.select(documents.c.id).where(documents.c.tenant_id == scope.tenant_id).limit(most)
        await connection.execute(sa.update(documents).where(documents.c.id.in_(some)).values(deleted_at=NOW))


async def test_of_many_at_once_no_more_documents_get_in_than_fit(
    db: Database, scope: Scope, collection: Collection
) -> None:
    ledger = ledger_of(db, documents=10)
    texts = [[TextDraft(f"Text {n}.{m}.") for m in range(3)] for n in range(16)]
    done = await asyncio.gather(*(hand_in(ledger, scope, collection, *some) for some in texts), return_exceptions=True)
    assert [type(item) for item in done].count(QuotaExceeded) == 13
    assert (await kept(ledger, scope))[DOCUMENTS] == 9
    await hand_in(ledger, scope, collection, TextDraft("One more."))
    with pytest.raises(QuotaExceeded):
        await require_space(ledger, scope)


async def test_bytes_are_those_of_the_originals(db: Database, scope: Scope, collection: Collection) -> None:
    ledger = ledger_of(db, bytes=100)
    await hand_in(ledger, scope, collection, TextDraft("é" * 30))
    await require_space(ledger, scope)
    with pytest.raises(QuotaExceeded) as refused:
        await hand_in(ledger, scope, collection, TextDraft("x" * 41))
    facts = refused.value.facts
    assert (facts["resource"], facts["used"], facts["limit"], facts["wanted"]) == ("bytes", 60, 100, 41)
    assert "retry_after_s" not in facts
    await hand_in(ledger, scope, collection, TextDraft("x" * 40))


async def test_later_versions_count_and_what_is_sent_again_does_not(
    db: Database, scope: Scope, collection: Collection
) -> None:
    ledger = ledger_of(db, documents=1, bytes=10)
    await hand_in(ledger, scope, collection, TextDraft("xxxxx", external_id="1"))
    await hand_in(ledger, scope, collection, TextDraft("yyyyy", external_id="1"))
    assert await kept(ledger, scope) == {DOCUMENTS: 1, BYTES: 10}
    await hand_in(ledger, scope, collection, TextDraft("yyyyy", external_id="1"))
    with pytest.raises(QuotaExceeded):
        await hand_in(ledger, scope, collection, TextDraft("z", external_id="1"))


async def test_what_is_deleted_makes_room_at_once(db: Database, scope: Scope, collection: Collection) -> None:
    ledger = ledger_of(db, documents=3, bytes=1000)
    for n in range(3):
        await hand_in(ledger, scope, collection, TextDraft(f"Text {n}."))
    await delete(ledger, scope, 2)
    await require_space(ledger, scope)
    await hand_in(ledger, scope, collection, TextDraft("Another."), TextDraft("Yet another."))
    with pytest.raises(QuotaExceeded):
        await hand_in(ledger, scope, collection, TextDraft("One too many."))


async def test_what_came_in_while_nothing_was_limited_counts(
    db: Database, scope: Scope, collection: Collection
) -> None:
    await hand_in(ledger_of(db, documents=5), scope, collection, TextDraft("Before."))
    for n in range(3):
        await hand_in(ledger_of(db), scope, collection, TextDraft(f"Meanwhile {n}."))
    ledger = ledger_of(db, documents=5)
    await hand_in(ledger, scope, collection, TextDraft("After."))
    with pytest.raises(QuotaExceeded):
        await hand_in(ledger, scope, collection, TextDraft("One too many."))


async def test_another_tenants_documents_take_no_room(
    db: Database, scope: Scope, other_scope: Scope, collection: Collection
) -> None:
    ledger = ledger_of(db, documents=1, bytes=100)
    theirs = await create_collection(db, None, SystemClock(), other_scope, CollectionDraft("c"))
    await hand_in(ledger, other_scope, theirs, TextDraft("Theirs."))
    assert await kept(ledger, scope) == {DOCUMENTS: 0, BYTES: 0}
    await hand_in(ledger, scope, collection, TextDraft("Ours."))
    async with db.read(other_scope) as connection:
        assert (await quota_store.list_used(connection, other_scope, ""))[DOCUMENTS] == 1
