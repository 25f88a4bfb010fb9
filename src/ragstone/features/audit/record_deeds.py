"""Turn deeds that have been noted into records: in their order, each once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db import outbox
from ragstone.db.database import Database
from ragstone.db.deeds import DEED, Outcome
from ragstone.db.dialect import hold_lock
from ragstone.db.outbox import Event
from ragstone.features.audit import store
from ragstone.features.audit.chain import Chain
from ragstone.features.audit.record import Record, record_of
from ragstone.kit.clock import Clock
from ragstone.kit.ids import new_id
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Scope

RESUME: Final = "resume_chain"
"""The action of a record that begins a chain anew behind ends that were not under the installation's seal."""

RECORDER: Final = "ragstone"
"""Who acts where the server itself does."""

_BATCH: Final = 500
_log = structlog.get_logger(__name__)


async def record_deeds(db: Database, pepper: Pepper, clock: Clock) -> int:
    """Record every deed noted so far; how many.

    A batch is one transaction: the records, the ends of the chains, and that the deeds have been taken. So a killed
    process has done all of it or nothing. Deeds of one tenant that followed each other get numbers in that order.
    """
    recorded = 0
    while await _is_any_noted(db):
        async with db.transaction_across_tenants() as connection:
            await hold_lock(connection, "audit", shared=False)
            events = await outbox.list_undelivered(connection, _BATCH, of=DEED)
            by_tenant = sorted(events, key=lambda event: event.tenant_id)  # It keeps the order within a tenant.
            for tenant_id, deeds in groupby(by_tenant, lambda event: event.tenant_id):
                scope = Scope(tenant_id, RECORDER, frozenset())
                await _extend(connection, pepper, scope, list(deeds), clock.now())
            await outbox.mark_delivered(connection, [event.id for event in events], clock.now())
        recorded += len(events)
    return recorded


async def _is_any_noted(db: Database) -> bool:
    async with db.read_across_tenants() as connection:
        return bool(await outbox.list_undelivered(connection, 1, of=DEED))


async def _extend(
    connection: AsyncConnection, pepper: Pepper, scope: Scope, deeds: Sequence[Event], now: datetime
) -> None:
    known = await store.list_recorded(connection, scope, [deed.id for deed in deeds])
    chain, records = await _take_up(connection, pepper, scope, now)
    for deed in deeds:
        if deed.id not in known:
            chain, record = chain.followed_by(record_of(deed, chain.head_seq + 1, chain.head_hash))
            records.append(record)
    if records:
        await store.insert_records(connection, scope, records)
        await store.keep_chain(connection, scope, chain.sealed(pepper))


async def _take_up(
    connection: AsyncConnection, pepper: Pepper, scope: Scope, now: datetime
) -> tuple[Chain, list[Record]]:
    """The chain as it is to go on, and what has to be recorded of that."""
    chain, last = await store.find_chain(connection, scope), await store.find_last(connection, scope)
    if (chain is None and last is None) or (chain is not None and chain.is_sealed(pepper)):
        return chain or Chain(scope.tenant_id), []
    # To seal it as it is would hide that somebody else wrote it. The log goes on, and says so for ever.
    _log.error("an audit chain is not under its seal", tenant_id=scope.tenant_id)
    found = chain or Chain(scope.tenant_id)
    if last is not None and last.seq >= found.head_seq:
        found = replace(found, head_seq=last.seq, head_hash=last.hash)
    resumed = Record(
        tenant_id=scope.tenant_id,
        seq=found.head_seq + 1,
        id=new_id("evt"),
        at=now,
        actor=RECORDER,
        role="none",
        credential_id=None,
        action=RESUME,
        objects=(),
        outcome=Outcome.DONE,
        address=None,
        user_agent=None,
        request_id=None,
        detail={"head_seq": chain.head_seq if chain else 0},
        previous_hash=found.head_hash,
    )
    longer, record = found.followed_by(resumed)
    return longer, [record]
