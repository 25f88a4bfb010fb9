"""Spend within a quota: what may be needed is held before the work, and what was needed is counted after it.

Two workers that would each fit, but not both, are told apart by the tenant's lock. What a killed process held counts
no more once it has expired, and what it spent unseen is at most what it held.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.features.accounts.quotas import store
from ragstone.features.accounts.quotas.quota import SPENT, Amounts, Limits, Month, default_limits, exceeded
from ragstone.kit.clock import Clock
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime
from ragstone.settings import QuotaSettings


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where amounts are counted."""

    db: Database
    clock: Clock
    settings: QuotaSettings


def ledger_of(runtime: Runtime) -> Ledger:
    """The ledger of this installation."""
    return Ledger(runtime.db, runtime.clock, runtime.settings.quotas)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is held for a piece of work. Without an identifier nothing had to be held, as nothing is limited."""

    month: str
    id: str | None = None


class Spending:
    """A piece of work under way, and what it has come to so far, where that is known."""

    def __init__(self) -> None:
        self.actual: Amounts | None = None


@asynccontextmanager
async def spending(ledger: Ledger, scope: Scope, amounts: Amounts) -> AsyncIterator[Spending]:
    """Hold the amounts while the block runs, then count what it came to: what was held, unless it says something else,
    or fails without saying anything.

    Raises `QuotaExceeded`.
    """
    reservation = await reserve(ledger, scope, amounts)
    work = Spending()
    try:
        yield work
    except BaseException:
        await settle(ledger, scope, reservation, work.actual or {})
        raise
    await settle(ledger, scope, reservation, amounts if work.actual is None else work.actual)


async def reserve(ledger: Ledger, scope: Scope, amounts: Amounts) -> Reservation:
    """Hold amounts that are about to be spent, all or none. Raises `QuotaExceeded`."""
    now = ledger.clock.now()
    month = Month.of(now).name
    async with ledger.db.read(scope) as connection:
        limits = await limits_of(connection, scope, ledger.settings)
    if not any(limits[resource] is not None for resource in amounts):
        return Reservation(month)
    id_ = new_id("rsv")
    async with ledger.db.transaction(scope) as connection:
        await store.lock(connection, scope)
        await require_room(connection, scope, ledger, amounts)
        expires_at = now + timedelta(seconds=ledger.settings.reservation_s)
        await store.insert_reservation(connection, scope, id_, month, amounts, expires_at)
    return Reservation(month, id_)


async def settle(ledger: Ledger, scope: Scope, reservation: Reservation, actual: Amounts) -> None:
    """Count what was spent, and hold the rest no longer. Settling counts also what has expired meanwhile."""
    if reservation.id is None and not any(actual.values()):
        return
    async with ledger.db.transaction(scope) as connection:
        if reservation.id is not None:
            await store.drop_reservation(connection, scope, reservation.id)
        await store.add_used(connection, scope, reservation.month, actual)


async def limits_of(connection: AsyncConnection, scope: Scope, settings: QuotaSettings) -> Limits:
    """What holds for the tenant: what was set for it, or the default."""
    return {**default_limits(settings), **await store.list_overrides(connection, scope)}


async def require_room(connection: AsyncConnection, scope: Scope, ledger: Ledger, amounts: Amounts) -> None:
    """Raises `QuotaExceeded` unless the month has room for the amounts. To be asked under the tenant's lock."""
    now = ledger.clock.now()
    month = Month.of(now).name
    limits = await limits_of(connection, scope, ledger.settings)
    used = await store.list_used(connection, scope, month)
    held = await store.list_reserved(connection, scope, month, now)
    for resource in SPENT:
        wanted, limit = amounts.get(resource, 0), limits[resource]
        taken = used.get(resource, 0) + held.get(resource, 0)
        if limit is not None and wanted and taken + wanted > limit:
            raise exceeded(resource, taken, limit, wanted, now)
