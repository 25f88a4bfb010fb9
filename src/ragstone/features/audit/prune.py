"""Retention: the oldest part of each chain goes, and an anchor stays that the rest hangs on."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.db.dialect import hold_lock
from ragstone.features.audit import store
from ragstone.features.audit.chain import Chain
from ragstone.features.audit.record_deeds import RECORDER
from ragstone.kit.clock import Clock
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Scope

PRUNE: Final = "prune_audit"
_AT_ONCE: Final = 5000


async def prune(db: Database, pepper: Pepper, clock: Clock, kept: timedelta) -> int:
    """Remove records older than `kept`, and record that; how many. A chain that is not under its seal is left alone."""
    async with db.read_across_tenants() as connection:
        tenant_ids = await store.list_chains(connection)
    removed = 0
    for tenant_id in tenant_ids:
        scope = Scope(tenant_id, RECORDER, frozenset())
        gone = _AT_ONCE
        while gone == _AT_ONCE:
            async with db.transaction(scope) as connection:
                await hold_lock(connection, "audit", shared=False)
                gone = await _shorten(connection, pepper, scope, clock.now() - kept, clock.now())
            removed += gone
    return removed


async def _shorten(connection: AsyncConnection, pepper: Pepper, scope: Scope, before: datetime, now: datetime) -> int:
    chain = await store.find_chain(connection, scope)
    if chain is None or not chain.is_sealed(pepper):
        return 0
    last = await _last_old(connection, scope, chain, before)
    if last <= chain.anchor_seq or (record := await store.find_record(connection, scope, last)) is None:
        return 0
    shorter = replace(chain, anchor_seq=record.seq, anchor_hash=record.hash).sealed(pepper)
    await store.keep_chain(connection, scope, shorter)
    gone = await store.delete_to_anchor(connection, scope, shorter)
    deed = Deed(PRUNE, detail={"from_seq": chain.anchor_seq + 1, "to_seq": shorter.anchor_seq})
    await note(connection, scope, deed, now)
    return gone


async def _last_old(connection: AsyncConnection, scope: Scope, chain: Chain, before: datetime) -> int:
    """The last record before the first that is kept, or as far as one transaction should go."""
    kept = await store.find_oldest_kept(connection, scope, before)
    last = kept - 1 if kept is not None else chain.head_seq
    return min(last, chain.anchor_seq + _AT_ONCE)
