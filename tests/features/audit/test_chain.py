"""The audit log: recorded once and in order, never changed without a trace."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ragstone.db import outbox
from ragstone.db.database import Database
from ragstone.db.deeds import Deed, Outcome, note
from ragstone.db.outbox import outbox as outbox_table
from ragstone.features.audit import store
from ragstone.features.audit.check import Check, Flaw
from ragstone.features.audit.prune import PRUNE, prune
from ragstone.features.audit.record import NO_HASH, Record, canonical, content, hash_of, role_of
from ragstone.features.audit.record_deeds import RESUME, record_deeds
from ragstone.features.audit.store import RecordFilter
from ragstone.features.audit.tables import audit_chains, audit_records
from ragstone.features.audit.verify import Head, Verdict, verify
from ragstone.kit.clock import SystemClock
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Origin, Scope
from ragstone.testing.databases import sqlite_database

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
PEPPER = Pepper(b"p" * 32)
EVERY = RecordFilter()
TRIGGERS = ("audit_records_stay", "audit_records_go_last", "audit_chains_grow", "audit_chains_stay")


@pytest.fixture
async def lite(tmp_path: Path) -> AsyncIterator[Database]:
    """For what does not depend on the kind of database."""
    async with sqlite_database(tmp_path) as database:
        yield database


class SetClock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


async def do(db: Database, scope: Scope, *actions: str, at: datetime = NOW) -> None:
    """Deeds, each in a transaction of its own."""
    for action in actions:
        async with db.transaction_across_tenants() as connection:
            await note(connection, scope, Deed(action, ("doc_1",), detail={"documents": 1}), at)


async def records(db: Database, scope: Scope) -> Sequence[Record]:
    """What a tenant's log holds, oldest first."""
    async with db.read_across_tenants() as connection:
        return await store.list_oldest(connection, scope, EVERY, 0, 100)


async def verdict(db: Database, pepper: Pepper | None = PEPPER, noted: Head | None = None) -> Verdict:
    """Of the one chain there is."""
    chains = {(await _only_tenant(db)): noted} if noted else {}
    (found,) = await verify(db, pepper, chains)
    return found


async def _only_tenant(db: Database) -> str:
    async with db.read_across_tenants() as connection:
        (tenant_id,) = await store.list_chains(connection)
    return tenant_id


async def flaws(db: Database, pepper: Pepper | None = PEPPER, noted: Head | None = None) -> list[tuple[Flaw, int]]:
    return [(finding.flaw, finding.seq) for finding in (await verdict(db, pepper, noted)).findings]


async def tamper(db: Database, *statements: sa.Executable) -> None:
    """What somebody does who owns the database, and can take the triggers away."""
    dropped = [f"DROP TRIGGER IF EXISTS {name}" for name in TRIGGERS]
    async with db.migration() as connection:
        for text in dropped if db.is_sqlite else ["SET LOCAL session_replication_role = replica"]:
            await connection.execute(sa.text(text))
        for statement in statements:
            await connection.execute(statement)


async def rewrite(db: Database, record: Record, **values: object) -> Record:
    """Change a record and hash it again."""
    changed = replace(record, **values)  # type: ignore[arg-type]
    changed = replace(changed, hash=hash_of(changed))
    row = audit_records.c.seq == record.seq
    values |= {"hash": changed.hash, "previous_hash": changed.previous_hash}
    await tamper(db, sa.update(audit_records).where(row).values(**values))
    return changed


async def test_a_record_says_who_did_what_to_which_object_from_where(db: Database, scope: Scope) -> None:
    known = replace(scope, origin=Origin("192.0.2.7", "curl/8", "req_1", "key_1"))
    async with db.transaction_across_tenants() as connection:
        deed = Deed("delete_document", ("doc_1", "col_1"), Outcome.REFUSED, {"problem": "x", "fields": ["a"]})
        await note(connection, known, deed, NOW)
    assert await record_deeds(db, PEPPER, SystemClock()) == 1
    (record,) = await records(db, scope)
    assert (record.seq, record.at, record.actor, record.role) == (1, NOW, scope.caller_id, "admin")
    assert (record.action, record.objects, record.outcome) == ("delete_document", ("doc_1", "col_1"), "refused")
    assert (record.address, record.user_agent, record.request_id) == ("192.0.2.7", "curl/8", "req_1")
    assert (record.credential_id, record.detail) == ("key_1", {"problem": "x", "fields": ["a"]})


async def test_the_hash_is_sha256_of_sorted_json_with_the_hash_before(lite: Database, scope: Scope) -> None:
    await do(lite, scope, "a", "b")
    await record_deeds(lite, PEPPER, SystemClock())
    first, second = await records(lite, scope)
    assert first.previous_hash == NO_HASH
    assert second.previous_hash == first.hash
    by_hand = json.dumps(content(second), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert second.hash == hashlib.sha256(by_hand.encode()).hexdigest()
    assert '"at":"2026-01-02T03:04:05.000678Z"' in by_hand


def test_the_canonical_form_is_that_of_rfc_8785() -> None:
    value = {"b": [1, True, None], "a": 'é"\\\n\x0f\u20ac', "A": {}}
    assert canonical(value) == '{"A":{},"a":"é\\"\\\\\\n\\u000f€","b":[1,true,null]}'.encode()


def test_a_role_is_named_by_what_it_may_do() -> None:
    named = [role_of(frozenset(item)) for item in ({"read"}, {"read", "write", "platform"}, {"write"}, ())]
    assert named == ["viewer", "editor+platform", "write", "none"]


async def test_an_untouched_log_is_clean_and_each_tenant_has_a_chain_of_its_own(
    lite: Database, scope: Scope, other_scope: Scope
) -> None:
    await do(lite, scope, "a", "b")
    await do(lite, other_scope, "c")
    await record_deeds(lite, PEPPER, SystemClock())
    assert {(item.chain, item.records, item.findings) for item in await verify(lite, PEPPER, {})} == {
        (scope.tenant_id, 2, ()),
        (other_scope.tenant_id, 1, ()),
    }


async def test_deeds_are_recorded_in_their_order_whoever_records(db: Database, scope: Scope) -> None:
    await do(db, scope, *(f"a{number}" for number in range(20)))
    await asyncio.gather(*(record_deeds(db, PEPPER, SystemClock()) for _ in range(4)))
    assert [record.action for record in await records(db, scope)] == [f"a{number}" for number in range(20)]
    assert await flaws(db) == []


async def test_what_is_rolled_back_is_not_recorded(lite: Database, scope: Scope) -> None:
    with pytest.raises(ZeroDivisionError):
        async with lite.transaction_across_tenants() as connection:
            await note(connection, scope, Deed("a"), NOW)
            raise ZeroDivisionError
    assert await record_deeds(lite, PEPPER, SystemClock()) == 0


async def test_a_deed_that_is_delivered_again_is_recorded_once(lite: Database, scope: Scope) -> None:
    await do(lite, scope, "a", "b")
    await record_deeds(lite, PEPPER, SystemClock())
    async with lite.transaction_across_tenants() as connection:
        await connection.execute(sa.update(outbox_table).values(delivered_at=None))
    await do(lite, scope, "c")
    await record_deeds(lite, PEPPER, SystemClock())
    assert [record.action for record in await records(lite, scope)] == ["a", "b", "c"]
    assert await flaws(lite) == []


async def test_whoever_is_killed_while_recording_leaves_no_gap_and_nothing_twice(db: Database, scope: Scope) -> None:
    class DyingClock:
        """Ends the recorder once the records are written, before the transaction is."""

        def __init__(self, lives: int) -> None:
            self.lives = lives

        def now(self) -> datetime:
            self.lives -= 1
            if self.lives < 0:
                raise KeyboardInterrupt
            return NOW

    await do(db, scope, "a", "b", "c")
    for lives in (0, 1):
        with pytest.raises(KeyboardInterrupt):
            await record_deeds(db, PEPPER, DyingClock(lives))
        assert await records(db, scope) == []
    await record_deeds(db, PEPPER, DyingClock(2))
    assert [record.action for record in await records(db, scope)] == ["a", "b", "c"]
    async with db.read_across_tenants() as connection:
        assert await outbox.list_undelivered(connection, 10) == []


FORBIDDEN = (
    "UPDATE audit_records SET actor = 'nobody'",
    "DELETE FROM audit_records",
    "DELETE FROM audit_records WHERE seq = 1",
    "UPDATE audit_chains SET head_seq = 1",
    "DELETE FROM audit_chains",
)


async def test_the_database_itself_refuses_to_change_the_log(db: Database, scope: Scope) -> None:
    await do(db, scope, "a", "b")
    await record_deeds(db, PEPPER, SystemClock())
    for statement in (*FORBIDDEN, *(() if db.is_sqlite else ("TRUNCATE audit_records", "TRUNCATE audit_chains"))):
        with pytest.raises(DBAPIError, match="audit"):
            async with db.transaction_across_tenants() as connection:
                await connection.execute(sa.text(statement))
    assert await flaws(db) == []


async def _four(db: Database, scope: Scope) -> Sequence[Record]:
    await do(db, scope, "a", "b", "c", "d")
    await record_deeds(db, PEPPER, SystemClock())
    return await records(db, scope)


async def test_a_changed_record_is_found(db: Database, scope: Scope) -> None:
    await _four(db, scope)
    await tamper(db, sa.update(audit_records).where(audit_records.c.seq == 2).values(actor="nobody"))
    assert await flaws(db) == [(Flaw.CHANGED, 2)]


def test_no_field_of_a_record_is_outside_the_hash() -> None:
    made = Record("ten_1", 1, "evt_1", NOW, "usr_1", "owner", None, "a", (), "done", None, None, None, {}, NO_HASH)
    others = {"seq": 2, "at": NOW + timedelta(seconds=1), "objects": ("doc_1",), "detail": {"documents": 1}}
    names = [field.name for field in fields(Record) if field.name != "hash"]
    hashes = {hash_of(replace(made, **{name: others.get(name, "other")})) for name in names}  # type: ignore[arg-type]
    assert len(hashes | {hash_of(made)}) == len(names) + 1


async def test_a_changed_record_that_is_hashed_again_is_found_at_the_next(lite: Database, scope: Scope) -> None:
    _, second, *_ = await _four(lite, scope)
    await rewrite(lite, second, actor="nobody")
    assert await flaws(lite) == [(Flaw.UNLINKED, 3)]


async def test_a_removed_record_is_found(lite: Database, scope: Scope) -> None:
    await _four(lite, scope)
    await tamper(lite, sa.delete(audit_records).where(audit_records.c.seq == 2))
    assert await flaws(lite) == [(Flaw.MISSING, 3)]


async def test_a_removed_beginning_is_found(lite: Database, scope: Scope) -> None:
    await _four(lite, scope)
    await tamper(lite, sa.delete(audit_records).where(audit_records.c.seq == 1))
    assert await flaws(lite) == [(Flaw.MISSING, 2)]


async def test_records_in_another_order_are_found(lite: Database, scope: Scope) -> None:
    await _four(lite, scope)
    move = [(2, 20), (3, 2), (20, 3)]
    await tamper(
        lite, *(sa.update(audit_records).where(audit_records.c.seq == old).values(seq=new) for old, new in move)
    )
    assert [item for item in await flaws(lite) if item[0] is Flaw.CHANGED] == [(Flaw.CHANGED, 2), (Flaw.CHANGED, 3)]


def test_an_inserted_record_is_found() -> None:
    def next_of(before: Record | None, action: str) -> Record:
        seq, previous = (before.seq + 1, before.hash) if before else (1, NO_HASH)
        made = Record(
            "ten_1", seq, action, NOW, "usr_1", "owner", None, action, (), "done", None, None, None, {}, previous
        )
        return replace(made, hash=hash_of(made))

    first = next_of(None, "a")
    second = next_of(first, "b")
    inserted = next_of(first, "inserted")
    pushed = replace(second, seq=3)
    found = list(Check(0, NO_HASH).read([first, inserted, pushed]))
    assert [(item.flaw, item.seq) for item in found] == [(Flaw.UNLINKED, 3), (Flaw.CHANGED, 3)]


async def test_a_tail_that_was_cut_off_is_found(lite: Database, scope: Scope) -> None:
    await _four(lite, scope)
    await tamper(lite, sa.delete(audit_records).where(audit_records.c.seq > 2))
    assert await flaws(lite) == [(Flaw.ENDS_WRONG, 2)]


async def test_a_record_put_behind_the_end_is_found(lite: Database, scope: Scope) -> None:
    *_, last = await _four(lite, scope)
    row = {**content(last), "at": last.at, "seq": 5, "id": "evt_x", "previous_hash": last.hash, "hash": "0" * 64}
    await tamper(lite, sa.insert(audit_records).values(row))
    assert await flaws(lite) == [(Flaw.ENDS_WRONG, 5)]


async def test_a_cut_that_moves_the_head_too_breaks_the_seal(lite: Database, scope: Scope) -> None:
    _, second, *_ = await _four(lite, scope)
    head = {"head_seq": 2, "head_hash": second.hash}
    await tamper(lite, sa.delete(audit_records).where(audit_records.c.seq > 2), sa.update(audit_chains).values(head))
    assert await flaws(lite) == [(Flaw.UNSEALED, 2)]
    assert await flaws(lite, pepper=None) == [], "without the secret nobody can tell"


async def test_a_whole_log_put_back_to_an_earlier_state_is_found_by_a_head_noted_elsewhere(
    lite: Database, scope: Scope
) -> None:
    await do(lite, scope, "a")
    await record_deeds(lite, PEPPER, SystemClock())
    async with lite.read_across_tenants() as connection:
        before = (await connection.execute(sa.select(audit_chains))).mappings().one()
    await do(lite, scope, "b")
    await record_deeds(lite, PEPPER, SystemClock())
    noted = (await verdict(lite)).head
    assert await flaws(lite, noted=noted) == []
    await tamper(
        lite, sa.delete(audit_records).where(audit_records.c.seq > 1), sa.update(audit_chains).values(**before)
    )
    assert await flaws(lite) == [], "an old copy is true in itself"
    assert await flaws(lite, noted=noted) == [(Flaw.NOT_AS_NOTED, 2)]


async def test_a_chain_found_unsealed_goes_on_and_says_so_for_ever(lite: Database, scope: Scope) -> None:
    *_, last = await _four(lite, scope)
    await rewrite(lite, last, actor="nobody")
    await tamper(lite, sa.update(audit_chains).values(head_hash=hash_of(replace(last, actor="nobody"))))
    await do(lite, scope, "e")
    await record_deeds(lite, PEPPER, SystemClock())
    assert [record.action for record in await records(lite, scope)][4:] == [RESUME, "e"]
    assert await flaws(lite) == [(Flaw.RESUMED, 5)]


async def test_a_lost_head_does_not_stop_the_log(lite: Database, scope: Scope) -> None:
    await _four(lite, scope)
    await tamper(lite, sa.delete(audit_chains))
    assert (Flaw.UNSEALED, 0) in await flaws(lite)
    await do(lite, scope, "e")
    await record_deeds(lite, PEPPER, SystemClock())
    assert [record.action for record in await records(lite, scope)][4:] == [RESUME, "e"]
    assert await flaws(lite) == [(Flaw.RESUMED, 5)]


async def test_a_changed_secret_still_opens_the_seal(lite: Database, scope: Scope) -> None:
    await _four(lite, scope)
    assert await flaws(lite, Pepper(b"q" * 32, PEPPER.accepted)) == []
    assert await flaws(lite, Pepper(b"q" * 32)) == [(Flaw.UNSEALED, 4)]


async def test_retention_removes_the_oldest_and_the_rest_still_verifies(db: Database, scope: Scope) -> None:
    clock = SetClock()
    await do(db, scope, "a", "b", at=NOW - timedelta(days=40))
    await do(db, scope, "c", "d")
    await record_deeds(db, PEPPER, clock)
    assert await prune(db, PEPPER, clock, timedelta(days=30)) == 2
    assert await prune(db, PEPPER, clock, timedelta(days=30)) == 0
    await record_deeds(db, PEPPER, clock)
    kept = await records(db, scope)
    assert [(record.seq, record.action) for record in kept] == [(3, "c"), (4, "d"), (5, PRUNE)]
    assert kept[-1].detail == {"from_seq": 1, "to_seq": 2}
    assert await flaws(db) == []
    assert await flaws(db, noted=Head(1, "0" * 64)) == [], "what retention has removed cannot be compared"
    await tamper(db, sa.delete(audit_records).where(audit_records.c.seq == 3))
    assert await flaws(db) == [(Flaw.MISSING, 4)]


async def test_a_log_of_which_retention_leaves_nothing_goes_on(lite: Database, scope: Scope) -> None:
    clock = SetClock()
    await do(lite, scope, "a", "b", at=NOW - timedelta(days=40))
    await record_deeds(lite, PEPPER, clock)
    assert await prune(lite, PEPPER, clock, timedelta(days=30)) == 2
    assert await flaws(lite) == []
    await record_deeds(lite, PEPPER, clock)
    assert [record.seq for record in await records(lite, scope)] == [3]
    assert await flaws(lite) == []


async def test_retention_does_not_touch_a_chain_that_is_not_under_its_seal(lite: Database, scope: Scope) -> None:
    clock = SetClock()
    await do(lite, scope, "a", at=NOW - timedelta(days=40))
    await record_deeds(lite, PEPPER, clock)
    assert await prune(lite, Pepper(b"q" * 32), clock, timedelta(days=30)) == 0
    assert len(await records(lite, scope)) == 1
