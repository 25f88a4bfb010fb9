"""All SQL of the audit log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import insert_into, json_array_has
from ragstone.features.audit.chain import Chain
from ragstone.features.audit.record import Record
from ragstone.features.audit.tables import audit_chains, audit_records
from ragstone.kit.scope import Scope


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records are wanted. `since` is included, `until` is not."""

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    outcome: str | None = None
    address: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """As SQL has it."""
        table = audit_records.c
        wanted = [
            *(
                table[name] == value
                for name in ("actor", "action", "outcome", "address")
                if (value := getattr(self, name))
            ),
            *([json_array_has(table.objects, self.object)] if self.object else ()),
            *([table.at >= self.since] if self.since else ()),
            *([table.at < self.until] if self.until else ()),
        ]
        return [sa.and_(sa.true(), *wanted)]


def _record(row: Mapping[Any, Any]) -> Record:
    return Record(**{**row, "objects": tuple(row["objects"])})


async def find_chain(connection: AsyncConnection, scope: Scope) -> Chain | None:
    """Where a tenant's chain begins and ends."""
    statement = sa.select(audit_chains).where(audit_chains.c.tenant_id == scope.tenant_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return Chain(**row) if row else None


async def list_chains(connection: AsyncConnection) -> Sequence[str]:
    """The tenants that have a chain, or records."""
    known = sa.union(sa.select(audit_chains.c.tenant_id), sa.select(audit_records.c.tenant_id))
    return sorted(await connection.scalars(known))


async def keep_chain(connection: AsyncConnection, scope: Scope, chain: Chain) -> None:
    """Note where a tenant's chain begins and ends now."""
    values = asdict(chain) | {"tenant_id": scope.tenant_id}
    statement = insert_into(connection, audit_chains).values(**values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["tenant_id"], set_=values))


async def insert_records(connection: AsyncConnection, scope: Scope, records: Sequence[Record]) -> None:
    """Add records at the end of a tenant's chain."""
    rows = [asdict(record) | {"tenant_id": scope.tenant_id, "objects": [*record.objects]} for record in records]
    await connection.execute(sa.insert(audit_records), rows)


async def list_recorded(connection: AsyncConnection, scope: Scope, ids: Collection[str]) -> frozenset[str]:
    """Which of some events have a record."""
    statement = sa.select(audit_records.c.id).where(
        audit_records.c.tenant_id == scope.tenant_id, audit_records.c.id.in_(ids)
    )
    return frozenset(await connection.scalars(statement))


async def find_last(connection: AsyncConnection, scope: Scope) -> Record | None:
    """The newest record of a tenant."""
    statement = sa.select(audit_records).where(audit_records.c.tenant_id == scope.tenant_id)
    row = (await connection.execute(statement.order_by(audit_records.c.seq.desc()).limit(1))).mappings().one_or_none()
    return _record(row) if row else None


async def list_newest(
    connection: AsyncConnection, scope: Scope, wanted: RecordFilter, before: int | None, limit: int
) -> Sequence[Record]:
    """A tenant's records, newest first, those before a number."""
    statement = sa.select(audit_records).where(audit_records.c.tenant_id == scope.tenant_id, *wanted.conditions())
    if before is not None:
        statement = statement.where(audit_records.c.seq < before)
    rows = await connection.execute(statement.order_by(audit_records.c.seq.desc()).limit(limit))
    return [_record(row) for row in rows.mappings()]


async def list_oldest(
    connection: AsyncConnection, scope: Scope, wanted: RecordFilter, after: int, limit: int
) -> Sequence[Record]:
    """A tenant's records, oldest first, those after a number."""
    statement = sa.select(audit_records).where(
        audit_records.c.tenant_id == scope.tenant_id, audit_records.c.seq > after, *wanted.conditions()
    )
    rows = await connection.execute(statement.order_by(audit_records.c.seq).limit(limit))
    return [_record(row) for row in rows.mappings()]


async def find_oldest_kept(connection: AsyncConnection, scope: Scope, since: datetime) -> int | None:
    """The number of the first record that is not older than a moment."""
    statement = sa.select(sa.func.min(audit_records.c.seq)).where(
        audit_records.c.tenant_id == scope.tenant_id, audit_records.c.at >= since
    )
    seq: int | None = await connection.scalar(statement)
    return seq


async def find_record(connection: AsyncConnection, scope: Scope, seq: int) -> Record | None:
    """One record by its number."""
    statement = sa.select(audit_records).where(audit_records.c.tenant_id == scope.tenant_id, audit_records.c.seq == seq)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return _record(row) if row else None


async def delete_to_anchor(connection: AsyncConnection, scope: Scope, chain: Chain) -> int:
    """Drop the records up to the chain's anchor, which has to be kept first; how many."""
    statement = sa.delete(audit_records).where(
        audit_records.c.tenant_id == scope.tenant_id, audit_records.c.seq <= chain.anchor_seq
    )
    return (await connection.execute(statement)).rowcount
