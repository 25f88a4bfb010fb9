"""Look at the audit log."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.audit import store
from ragstone.features.audit.record import Record
from ragstone.features.audit.record_deeds import record_deeds
from ragstone.features.audit.store import RecordFilter
from ragstone.kit.pagination import CursorInvalid, Page, decode_cursor, encode_cursor
from ragstone.kit.scope import INSTALLATION, Scope
from ragstone.ports.runtime import Runtime

_PAGE: Final = 500


async def list_audit(
    runtime: Runtime, scope: Scope, wanted: RecordFilter, *, installation: bool, cursor: str | None, limit: int
) -> Page[Record]:
    """Records, newest first: everything that was done before the call is among them.

    Raises `PermissionMissing`, `CursorInvalid`.
    """
    scope = _scope_of_log(scope, installation=installation)
    before = _number(cursor) if cursor else None
    await record_deeds(runtime.db, runtime.pepper, runtime.clock)
    async with runtime.db.read(scope) as connection:
        found = await store.list_newest(connection, scope, wanted, before, limit + 1)
    items = tuple(found[:limit])
    return Page(items, encode_cursor(items[-1].seq) if len(found) > limit else None)


async def begin_export(
    runtime: Runtime, scope: Scope, wanted: RecordFilter, *, installation: bool
) -> AsyncIterator[Record]:
    """Records, oldest first, up to this one: that the log was taken out is recorded in it.

    Raises `PermissionMissing`.
    """
    scope = _scope_of_log(scope, installation=installation)
    async with runtime.db.transaction(scope) as connection:
        await note(connection, scope, Deed("export_audit", (scope.tenant_id,)), runtime.clock.now())
    await record_deeds(runtime.db, runtime.pepper, runtime.clock)
    async with runtime.db.read(scope) as connection:
        chain = await store.find_chain(connection, scope)
    return _iter_records(runtime.db, scope, wanted, chain.head_seq if chain else 0)


async def _iter_records(db: Database, scope: Scope, wanted: RecordFilter, last: int) -> AsyncIterator[Record]:
    after = 0
    while True:
        async with db.read(scope) as connection:
            page = await store.list_oldest(connection, scope, wanted, after, _PAGE)
        for record in page:
            if record.seq > last:
                return
            yield record
        if len(page) < _PAGE:
            return
        after = page[-1].seq


def _scope_of_log(scope: Scope, *, installation: bool) -> Scope:
    """Whoever reads the installation's log has to stand above the tenants."""
    require(scope, Permission.PLATFORM if installation else Permission.ADMIN)
    return replace(scope, tenant_id=INSTALLATION) if installation else scope


def _number(cursor: str) -> int:
    (position,) = decode_cursor(cursor, 1)
    if not isinstance(position, int) or not 0 < position < 2**63:
        raise CursorInvalid
    return position
