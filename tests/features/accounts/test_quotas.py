"""What may be spent is never overspent, whoever spends at once, and whoever dies while spending."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ragstone.db.database import Database
from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.accounts.quotas import store
from ragstone.features.accounts.quotas.meter import RequestMeter
from ragstone.features.accounts.quotas.quota import KEPT, Amounts, Month, QuotaExceeded, Resource, default_limits
from ragstone.features.accounts.quotas.reserve import Ledger, reserve, settle, spending
from ragstone.kit.scope import Scope
from ragstone.settings import QuotaSettings

NOVEMBER = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
TOKENS, COST, REQUESTS = Resource.TOKENS, Resource.COST, Resource.REQUESTS


class SetClock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.moment = NOVEMBER

    def now(self) -> datetime:
        return self.moment


def ledger_of(db: Database, clock: SetClock | None = None, **settings: object) -> Ledger:
    return Ledger(db, clock or SetClock(), QuotaSettings.model_validate(settings))


async def used(ledger: Ledger, scope: Scope, month: str = "2026-11") -> Amounts:
    async with ledger.db.read(scope) as connection:
        return await store.list_used(connection, scope, month)


async def set_limit(ledger: Ledger, scope: Scope, resource: Resource, most: int | None) -> None:
    async with ledger.db.transaction(scope) as connection:
        await store.put_override(connection, scope, resource, most)


async def test_of_many_reservations_at_once_no_more_pass_than_fit(db: Database, scope: Scope) -> None:
    ledger = ledger_of(db, tokens_per_month=1000)
    asked = await asyncio.gather(*(reserve(ledger, scope, {TOKENS: 70}) for _ in range(40)), return_exceptions=True)
    held = [item for item in asked if not isinstance(item, BaseException)]
    assert len(held) == 14
    assert all(isinstance(item, QuotaExceeded) for item in asked if item not in held)
    await asyncio.gather(*(settle(ledger, scope, item, {TOKENS: 70}) for item in held))
    assert await used(ledger, scope) == {TOKENS: 980}


async def test_reserving_and_settling_at_once_never_overspends(db: Database, scope: Scope) -> None:
    ledger = ledger_of(db, tokens_per_month=500)
    spent: list[int] = []
    held: list[int] = []

    async def work(size: int) -> None:
        async with spending(ledger, scope, {TOKENS: size}) as under_way:
            held.append(size)
            assert sum(spent) + sum(held) <= 500
            await asyncio.sleep(0)
            held.remove(size)
            under_way.actual = {TOKENS: size - 3}
            spent.append(size - 3)

    outcomes = await asyncio.gather(*(work(10 + number % 7) for number in range(64)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {type(None), QuotaExceeded}
    assert await used(ledger, scope) == {TOKENS: sum(spent)}
    assert sum(spent) > 500 - 64 * 3 - 16


async def test_what_was_held_for_failed_work_is_free_again(db: Database, scope: Scope) -> None:
    ledger = ledger_of(db, tokens_per_month=10)
    with pytest.raises(ZeroDivisionError):
        async with spending(ledger, scope, {TOKENS: 10}):
            raise ZeroDivisionError
    async with spending(ledger, scope, {TOKENS: 10}):
        pass
    assert await used(ledger, scope) == {TOKENS: 10}


async def test_what_a_killed_server_held_is_free_after_a_while(db: Database, scope: Scope) -> None:
    clock = SetClock()
    ledger = ledger_of(db, clock, tokens_per_month=10, reservation_s=60)
    held = await reserve(ledger, scope, {TOKENS: 8})
    clock.moment += timedelta(seconds=59)
    with pytest.raises(QuotaExceeded):
        await reserve(ledger, scope, {TOKENS: 8})
    clock.moment += timedelta(seconds=1)
    await reserve(ledger, scope, {TOKENS: 8})
    async with db.transaction_across_tenants() as connection:
        await store.forget_expired(connection, clock.moment)
    await settle(ledger, scope, held, {TOKENS: 8})
    assert await used(ledger, scope) == {TOKENS: 8}, "it was only slow, and what it spent is counted"


async def test_all_amounts_are_held_or_none(db: Database, scope: Scope) -> None:
    ledger = ledger_of(db, tokens_per_month=100, cost_per_month=0.5)
    with pytest.raises(QuotaExceeded) as refused:
        await reserve(ledger, scope, {TOKENS: 10, COST: 600_000})
    facts = refused.value.facts
    assert (facts["resource"], facts["used"], facts["limit"], facts["wanted"]) == ("cost", 0, 0.5, 0.6)
    await reserve(ledger, scope, {TOKENS: 100})


async def test_a_refusal_says_when_the_month_begins(db: Database, scope: Scope) -> None:
    ledger = ledger_of(db, tokens_per_month=0)
    with pytest.raises(QuotaExceeded) as refused:
        await reserve(ledger, scope, {TOKENS: 1})
    assert refused.value.facts["resets"] == "2026-12-01T00:00:00Z"
    assert refused.value.facts["retry_after_s"] == (datetime(2026, 12, 1, tzinfo=UTC) - NOVEMBER).total_seconds()


async def test_each_month_begins_at_zero(db: Database, scope: Scope) -> None:
    clock = SetClock()
    ledger = ledger_of(db, clock, tokens_per_month=10)
    async with spending(ledger, scope, {TOKENS: 10}):
        clock.moment = datetime(2026, 12, 1, tzinfo=UTC)
    async with spending(ledger, scope, {TOKENS: 10}):
        pass
    assert await used(ledger, scope, "2026-11") == await used(ledger, scope, "2026-12") == {TOKENS: 10}


def test_a_month_ends_where_the_next_begins() -> None:
    assert Month.of(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == Month("2026-12", datetime(2027, 1, 1, tzinfo=UTC))
    assert Month.of(datetime(2027, 2, 1, tzinfo=UTC)) == Month("2027-02", datetime(2027, 3, 1, tzinfo=UTC))


async def test_a_tenant_may_have_limits_of_its_own(db: Database, scope: Scope, other_scope: Scope) -> None:
    ledger = ledger_of(db, tokens_per_month=10)
    await set_limit(ledger, scope, TOKENS, 20)
    await set_limit(ledger, scope, TOKENS, 30)
    await reserve(ledger, scope, {TOKENS: 30})
    with pytest.raises(QuotaExceeded):
        await reserve(ledger, other_scope, {TOKENS: 11})
    await set_limit(ledger, scope, TOKENS, None)
    await reserve(ledger, scope, {TOKENS: 10**15})
    async with db.transaction(other_scope) as connection:
        await store.drop_override(connection, other_scope, TOKENS)
    async with db.transaction(scope) as connection:
        assert await store.list_overrides(connection, scope) == {TOKENS: None}
        await store.drop_override(connection, scope, TOKENS)
        assert await store.list_overrides(connection, scope) == {}


async def test_tenants_share_nothing(db: Database, scope: Scope, other_scope: Scope) -> None:
    ledger = ledger_of(db, tokens_per_month=10)
    held = await reserve(ledger, scope, {TOKENS: 10})
    others = await reserve(ledger, other_scope, {TOKENS: 10})
    await settle(ledger, other_scope, replace(others, id=held.id), {TOKENS: 1})
    with pytest.raises(QuotaExceeded):
        await reserve(ledger, scope, {TOKENS: 1})
    await settle(ledger, scope, held, {TOKENS: 10})
    async with db.transaction_across_tenants() as connection:
        await store.set_kept(connection, scope, {Resource.BYTES: 5})
        await store.set_kept(connection, other_scope, {Resource.BYTES: 6})
        await store.forget_kept(connection, other_scope, [Resource.BYTES])
        assert await store.list_used(connection, scope, KEPT) == {Resource.BYTES: 5}
        assert await store.list_used(connection, other_scope, KEPT) == {}
    assert (await used(ledger, scope), await used(ledger, other_scope)) == ({TOKENS: 10}, {TOKENS: 1})


async def test_without_limits_what_is_spent_is_counted_all_the_same(db: Database, scope: Scope) -> None:
    ledger = ledger_of(db)
    assert set(default_limits(ledger.settings).values()) == {None}
    async with spending(ledger, scope, {TOKENS: 7}):
        pass
    async with spending(ledger, scope, {TOKENS: 0}):
        pass
    assert await used(ledger, scope) == {TOKENS: 7}


async def test_requests_of_two_processes_never_pass_the_quota(db: Database, scope: Scope) -> None:
    ledger = ledger_of(db, requests_per_month=100)
    meters = [RequestMeter(ledger), RequestMeter(ledger)]
    plain = replace(scope, permissions=frozenset())
    asked = await asyncio.gather(*(meters[n % 2].count(plain) for n in range(64)), return_exceptions=True)
    asked += await asyncio.gather(*(meters[0].count(plain) for n in range(64)), return_exceptions=True)
    assert 90 <= sum(item is None for item in asked) <= 100, "one may hold a few that the other lacks"
    await asyncio.gather(*(meter.close() for meter in meters))
    assert (await used(ledger, scope))[REQUESTS] == sum(item is None for item in asked)


async def test_a_refused_request_is_told_without_asking_the_store_each_time(db: Database, scope: Scope) -> None:
    clock = SetClock()
    ledger = ledger_of(db, clock, requests_per_month=1)
    meter, plain = RequestMeter(ledger), replace(scope, permissions=frozenset())
    await meter.count(plain)
    for _ in range(2):
        with pytest.raises(QuotaExceeded):
            await meter.count(plain)
    await set_limit(ledger, scope, REQUESTS, 2)
    with pytest.raises(QuotaExceeded):
        await meter.count(plain)
    clock.moment += timedelta(seconds=2)
    await meter.count(plain)


async def test_who_may_change_quotas_is_never_locked_out(db: Database, scope: Scope) -> None:
    meter = RequestMeter(ledger_of(db, requests_per_month=0))
    await meter.count(replace(scope, permissions=ALL_PERMISSIONS))


async def test_blocks_are_given_back_when_a_tenant_is_idle(db: Database, scope: Scope, other_scope: Scope) -> None:
    clock = SetClock()
    ledger = ledger_of(db, clock)
    meter = RequestMeter(ledger)
    await meter.count(scope)
    assert (await used(ledger, scope))[REQUESTS] == 1000
    clock.moment += timedelta(seconds=61)
    await meter.count(other_scope)
    assert (await used(ledger, scope))[REQUESTS] == 1
    await meter.forget(other_scope.tenant_id)
    assert (await used(ledger, other_scope))[REQUESTS] == 1
