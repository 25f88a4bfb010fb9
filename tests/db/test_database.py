"""Transactions on both engines."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ragstone.db import outbox
from ragstone.db.database import Database, DatabaseUnavailable
from ragstone.db.deeds import DEED, Deed, Outcome, note
from ragstone.db.dialect import binary_order, byte_slice, json_array_has, json_text
from ragstone.db.outbox import outbox as outbox_table
from ragstone.kit.scope import Origin, Scope

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


async def test_what_a_failed_transaction_wrote_is_gone(db: Database, scope: Scope) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.transaction(scope) as connection:
            await outbox.publish(connection, scope, "topic", {}, NOW)
            raise ZeroDivisionError
    async with db.read(scope) as connection:
        assert await outbox.list_undelivered(connection, 10) == []


async def test_writers_queue_instead_of_failing(db: Database, scope: Scope) -> None:
    async def write() -> None:
        async with db.transaction(scope) as connection:
            await outbox.publish(connection, scope, "topic", {}, NOW)
            await asyncio.sleep(0)

    await asyncio.gather(*(write() for _ in range(30)))
    async with db.read(scope) as connection:
        assert len(await outbox.list_undelivered(connection, 100)) == 30


async def test_events_are_delivered_in_order_and_once_marked_no_more(db: Database, scope: Scope) -> None:
    for number in range(3):
        async with db.transaction(scope) as connection:
            await outbox.publish(connection, scope, "topic", {"n": number}, NOW)
    async with db.transaction(scope) as connection:
        first, *_ = await outbox.list_undelivered(connection, 10)
        await outbox.mark_delivered(connection, [first.id], NOW)
        left = await outbox.list_undelivered(connection, 10)
    assert (first.tenant_id, first.payload) == (scope.tenant_id, {"n": 0})
    assert [event.payload["n"] for event in left] == [1, 2]


async def test_an_event_tells_who_made_it_and_from_where(db: Database, scope: Scope) -> None:
    origin = Origin("192.0.2.7", "curl/8", "req_1", "key_1")
    async with db.transaction(scope) as connection:
        await outbox.publish(connection, replace(scope, origin=origin), "topic", {}, NOW)
        await outbox.publish(connection, scope, "topic", {}, NOW)
        known, unknown = await outbox.list_undelivered(connection, 10)
    assert (known.caller_id, known.permissions, known.origin) == (scope.caller_id, scope.permissions, origin)
    assert (unknown.origin, unknown.created_at) == (None, NOW)


async def test_deeds_wait_apart_from_other_events(db: Database, scope: Scope) -> None:
    async with db.transaction(scope) as connection:
        await outbox.publish(connection, scope, "topic", {}, NOW)
        await note(connection, scope, Deed("login", ("usr_1",), Outcome.REFUSED, {"tries": 3}), NOW)
        (deed,) = await outbox.list_undelivered(connection, 10, of=DEED)
        (other,) = await outbox.list_undelivered(connection, 10, but=DEED)
    assert other.topic == "topic"
    assert deed.payload == {"action": "login", "objects": ["usr_1"], "outcome": "refused", "detail": {"tries": 3}}


async def test_moments_keep_their_microseconds_and_their_zone(db: Database, scope: Scope) -> None:
    async with db.transaction(scope) as connection:
        await outbox.publish(connection, scope, "topic", {}, NOW)
    async with db.read(scope) as connection:
        assert await connection.scalar(sa.select(outbox_table.c.created_at)) == NOW


async def test_a_moment_without_zone_is_refused(db: Database, scope: Scope) -> None:
    with pytest.raises(sa.exc.StatementError, match="has no time zone"):
        async with db.transaction(scope) as connection:
            await outbox.publish(connection, scope, "topic", {}, NOW.replace(tzinfo=None))


async def test_a_reading_connection_cannot_write_to_sqlite(tmp_path: Path) -> None:
    async with Database.sqlite(tmp_path / "x.sqlite") as db:
        with pytest.raises(DatabaseUnavailable, match="readonly"):
            async with db.read_across_tenants() as connection:
                await connection.execute(sa.text("CREATE TABLE t (a INT)"))


async def test_bytes_are_sliced_in_the_database(db: Database) -> None:
    async with db.read_across_tenants() as connection:
        content = sa.cast(sa.literal("aé漢b".encode(), sa.LargeBinary), sa.LargeBinary)
        sliced = await connection.scalar(sa.select(byte_slice(content, 1, 3)))
    assert bytes(sliced or b"") == "é".encode()


@pytest.mark.parametrize(("tag", "expected"), [("a", True), ("é\"'", True), ("A", False), ("", False)])
async def test_a_json_array_is_searched_for_a_text(db: Database, tag: str, expected: bool) -> None:  # noqa: FBT001 - A parameter of the table above.
    async with db.read_across_tenants() as connection:
        array = sa.cast(sa.literal('["a", "é\\"\'"]', sa.Text), sa.Text)
        assert bool(await connection.scalar(sa.select(json_array_has(array, tag)))) is expected


async def test_json_values_are_compared_as_text(db: Database, scope: Scope) -> None:
    async with db.transaction(scope) as connection:
        await outbox.publish(connection, scope, "topic", {"year": 2026, "name": "x"}, NOW)
    async with db.read(scope) as connection:
        row = (
            await connection.execute(
                sa.select(json_text(outbox_table.c.payload, "year"), json_text(outbox_table.c.payload, "none"))
            )
        ).one()
    assert str(row[0]) == "2026"
    assert row[1] is None


async def test_text_sorts_by_bytes_whatever_the_language(db: Database, scope: Scope) -> None:
    for topic in ("b-a", "ba", "B", "a"):
        async with db.transaction(scope) as connection:
            await outbox.publish(connection, scope, topic, {}, NOW)
    key = binary_order(outbox_table.c.topic)
    async with db.read(scope) as connection:
        assert list(await connection.scalars(sa.select(outbox_table.c.topic).order_by(key))) == ["B", "a", "b-a", "ba"]


async def test_a_database_that_is_not_there_is_a_clear_problem() -> None:
    async with Database("postgresql://nobody@127.0.0.1:1/none", timeout_s=2) as db:
        with pytest.raises(DatabaseUnavailable):
            await db.ping()


async def test_a_constraint_is_not_mistaken_for_an_outage(db: Database, scope: Scope) -> None:
    row = {"id": "evt_1", "tenant_id": scope.tenant_id, "topic": "t", "payload": {}, "created_at": NOW}
    with pytest.raises(DBAPIError):
        async with db.transaction(scope) as connection:
            await connection.execute(sa.insert(outbox_table), [row, row])
