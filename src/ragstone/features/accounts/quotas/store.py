"""All SQL of quotas. Whoever compares and then adds holds the tenant's lock in between."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import hold_lock, insert_into
from ragstone.features.accounts.quotas.quota import KEPT, Amounts, Limits, Resource
from ragstone.features.accounts.quotas.tables import quota_reservations, quota_usage, tenant_quotas
from ragstone.kit.scope import Scope


async def lock(connection: AsyncConnection, scope: Scope) -> None:
    """Keep everybody else from counting for the tenant until the transaction ends."""
    await hold_lock(connection, f"quota/{scope.tenant_id}", shared=False)


async def list_overrides(connection: AsyncConnection, scope: Scope) -> Limits:
    """What was set for the tenant."""
    table = tenant_quotas.c
    rows = await connection.execute(sa.select(table.resource, table.most).where(table.tenant_id == scope.tenant_id))
    return {Resource(row.resource): row.most for row in rows}


async def put_override(connection: AsyncConnection, scope: Scope, resource: Resource, most: int | None) -> None:
    """Set a limit of the tenant; None means any amount."""
    values = {"tenant_id": scope.tenant_id, "resource": resource.value, "most": most}
    statement = insert_into(connection, tenant_quotas).values(**values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["tenant_id", "resource"], set_={"most": most})
    )


async def drop_override(connection: AsyncConnection, scope: Scope, resource: Resource) -> None:
    """Let the default hold again."""
    table = tenant_quotas.c
    await connection.execute(
        sa.delete(tenant_quotas).where(table.tenant_id == scope.tenant_id, table.resource == resource.value)
    )


async def list_used(connection: AsyncConnection, scope: Scope, period: str) -> Mapping[Resource, int]:
    """What the tenant has used in a period; what is not in it has not been counted."""
    table = quota_usage.c
    statement = sa.select(table.resource, table.used).where(table.tenant_id == scope.tenant_id, table.period == period)
    return {Resource(row.resource): row.used for row in await connection.execute(statement)}


async def add_used(connection: AsyncConnection, scope: Scope, period: str, amounts: Amounts) -> None:
    """Add to what the tenant has used; a negative amount was not used after all."""
    for resource, amount in amounts.items():
        if amount:
            values = {"tenant_id": scope.tenant_id, "resource": resource.value, "period": period, "used": amount}
            statement = insert_into(connection, quota_usage).values(**values)
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["tenant_id", "resource", "period"],
                    set_={"used": quota_usage.c.used + statement.excluded.used},
                )
            )


async def set_kept(connection: AsyncConnection, scope: Scope, amounts: Amounts) -> None:
    """Note how much the tenant keeps."""
    for resource, amount in amounts.items():
        values = {"tenant_id": scope.tenant_id, "resource": resource.value, "period": KEPT, "used": amount}
        statement = insert_into(connection, quota_usage).values(**values)
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "resource", "period"], set_={"used": statement.excluded.used}
            )
        )


async def forget_kept(connection: AsyncConnection, scope: Scope, resources: Iterable[Resource]) -> None:
    """What the tenant keeps of some resources has to be counted anew."""
    table = quota_usage.c
    await connection.execute(
        sa.delete(quota_usage).where(
            table.tenant_id == scope.tenant_id,
            table.period == KEPT,
            table.resource.in_([resource.value for resource in resources]),
        )
    )


async def list_reserved(
    connection: AsyncConnection, scope: Scope, period: str, now: datetime
) -> Mapping[Resource, int]:
    """What is about to be used in a period. Reservations that have expired do not count."""
    table = quota_reservations.c
    statement = (
        sa.select(table.resource, sa.func.sum(table.amount).label("amount"))
        .where(table.tenant_id == scope.tenant_id, table.period == period, table.expires_at > now)
        .group_by(table.resource)
    )
    return {Resource(row.resource): int(row.amount) for row in await connection.execute(statement)}


async def insert_reservation(
    connection: AsyncConnection, scope: Scope, id_: str, period: str, amounts: Amounts, expires_at: datetime
) -> None:
    """Hold some amounts until a moment."""
    rows = [
        {
            "id": id_,
            "tenant_id": scope.tenant_id,
            "resource": resource.value,
            "period": period,
            "amount": amount,
            "expires_at": expires_at,
        }
        for resource, amount in amounts.items()
    ]
    await connection.execute(sa.insert(quota_reservations), rows)


async def drop_reservation(connection: AsyncConnection, scope: Scope, id_: str) -> None:
    """Hold the amounts no longer."""
    table = quota_reservations.c
    await connection.execute(sa.delete(quota_reservations).where(table.tenant_id == scope.tenant_id, table.id == id_))


async def forget_expired(connection: AsyncConnection, now: datetime) -> None:
    """Drop reservations of all tenants that count no more."""
    await connection.execute(sa.delete(quota_reservations).where(quota_reservations.c.expires_at <= now))
