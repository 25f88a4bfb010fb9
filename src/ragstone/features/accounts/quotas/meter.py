"""Count what is small and frequent: a process takes a block from the store, and hands it out from memory.

A block counts as used from the moment it is taken, so that processes together never hand out more than there is; what
is left of it is given back. A killed process costs its tenants at most the block it had in hand.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.accounts.permissions import Permission
from ragstone.features.accounts.quotas import store
from ragstone.features.accounts.quotas.quota import Month, QuotaExceeded, Resource, exceeded
from ragstone.features.accounts.quotas.reserve import Ledger, limits_of
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope

_BLOCK: Final = 1000
_SHARE: Final = 20  # A block is at most this part of what is left, so that processes share it.
_HELD: Final = timedelta(seconds=60)  # For so long a block, and the limit it was taken under, are good.
_REFUSED: Final = timedelta(seconds=2)  # For so long the store is not asked again whether there is room by now.
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Block:
    """Requests that may be handed out until a moment; or, with a `refusal`, none until then."""

    scope: Scope
    month: str
    left: int
    until: datetime
    refusal: QuotaExceeded | None = None


class RequestMeter:
    """Counts requests of tenants, for one process."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._blocks: dict[str, _Block] = {}
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def count(self, scope: Scope) -> None:
        """Count one request. Raises `QuotaExceeded`, but not for who may change the quota."""
        try:
            await self._count(scope)
        except QuotaExceeded:
            if Permission.PLATFORM not in scope.permissions:
                raise

    async def _count(self, scope: Scope) -> None:
        if self._take(scope):
            return
        self._refuse(scope)
        async with self._turns[scope.tenant_id]:
            if not self._take(scope):
                self._refuse(scope)
                await self._renew(scope)
        await self._give_back_idle(scope)

    async def give_back(self, scope: Scope) -> None:
        """Give back what the tenant has not used of its block; the next request takes another."""
        async with self._turns[scope.tenant_id]:
            block = self._blocks.pop(scope.tenant_id, None)
            if block is not None and block.left > 0:
                async with self._ledger.db.transaction(scope) as connection:
                    await store.add_used(connection, scope, block.month, {Resource.REQUESTS: -block.left})

    async def forget(self, tenant_id: str) -> None:
        """The quota of a tenant has changed."""
        if block := self._blocks.get(tenant_id):
            await self.give_back(block.scope)

    async def close(self) -> None:
        """Give everything back."""
        for block in list(self._blocks.values()):
            await self.give_back(block.scope)

    def _take(self, scope: Scope) -> bool:
        block = self._blocks.get(scope.tenant_id)
        if block is None or block.left <= 0 or block.until <= self._ledger.clock.now():
            return False
        block.left -= 1
        return True

    def _refuse(self, scope: Scope) -> None:
        block = self._blocks.get(scope.tenant_id)
        if block is not None and block.refusal is not None and block.until > self._ledger.clock.now():
            raise QuotaExceeded(**block.refusal.facts)

    async def _give_back_idle(self, scope: Scope) -> None:
        """Give back the blocks of other tenants that have not asked for a while."""
        now = self._ledger.clock.now()
        idle = [block.scope for block in self._blocks.values() if block.until <= now]
        for other in idle:
            if other.tenant_id != scope.tenant_id:
                await self.give_back(other)

    async def _renew(self, scope: Scope) -> None:
        """Take a block, and the first request of it. While the store cannot be written, requests pass uncounted."""
        now = self._ledger.clock.now()
        try:
            self._blocks[scope.tenant_id] = await self._next_block(scope, now)
        except QuotaExceeded as problem:
            self._blocks[scope.tenant_id] = _Block(scope, Month.of(now).name, 0, now + _REFUSED, problem)
            raise
        except Problem as problem:
            if problem.kind is not Kind.UNAVAILABLE:
                raise
            _log.warning("requests are not counted", code=problem.code, **problem.facts)

    async def _next_block(self, scope: Scope, now: datetime) -> _Block:
        month = Month.of(now)
        async with self._ledger.db.transaction(scope) as connection:
            await store.lock(connection, scope)
            limit = (await limits_of(connection, scope, self._ledger.settings))[Resource.REQUESTS]
            await self._return(connection, scope)
            used = (await store.list_used(connection, scope, month.name)).get(Resource.REQUESTS, 0)
            if limit is not None and used >= limit:
                raise exceeded(Resource.REQUESTS, used, limit, 1, now)
            size = _BLOCK if limit is None else min(_BLOCK, max(1, (limit - used) // _SHARE))
            await store.add_used(connection, scope, month.name, {Resource.REQUESTS: size})
        return _Block(scope, month.name, size - 1, min(now + _HELD, month.ends_at))

    async def _return(self, connection: AsyncConnection, scope: Scope) -> None:
        """What is left of a block that is over. It is still there if the transaction fails."""
        block = self._blocks.get(scope.tenant_id)
        if block is not None:
            await store.add_used(connection, scope, block.month, {Resource.REQUESTS: -block.left})
