"""The first start: one tenant, and one administrator's key."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.features.accounts.api_keys import new_secret, secret_hash
from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.accounts.tables import api_keys, tenants
from ragstone.kit.clock import Clock
from ragstone.kit.ids import new_id
from ragstone.kit.pepper import Pepper

BOOTSTRAP_KEY_NAME: Final = "bootstrap"


async def ensure_first_administrator(db: Database, clock: Clock, pepper: Pepper, given: str | None) -> str | None:
    """Make sure there is a tenant with an administrator's key, and that a `given` key is the one that works.

    The secret, if it was made here and has to be told to someone; None if it was there before or was given.
    """
    async with db.transaction_across_tenants() as connection:
        tenant_id = await _first_tenant(connection, clock)
        kept: str | None = await connection.scalar(sa.select(api_keys.c.secret_hash).where(api_keys.c.is_bootstrap))
        if kept is not None and (given is None or kept in pepper.digests(given)):
            return None
        made = None if given else new_secret()
        await connection.execute(sa.delete(api_keys).where(api_keys.c.is_bootstrap))
        await connection.execute(
            sa.insert(api_keys).values(
                id=new_id("key"),
                tenant_id=tenant_id,
                name=BOOTSTRAP_KEY_NAME,
                prefix=made.prefix if made else None,
                secret_hash=secret_hash(made.text if made else str(given), pepper),
                permissions=sorted(ALL_PERMISSIONS),
                is_bootstrap=True,
                created_at=clock.now(),
            )
        )
    return made.text if made else None


async def _first_tenant(connection: AsyncConnection, clock: Clock) -> str:
    tenant_id: str | None = await connection.scalar(sa.select(tenants.c.id).order_by(tenants.c.id).limit(1))
    if tenant_id is None:
        tenant_id = new_id("ten")
        await connection.execute(sa.insert(tenants).values(id=tenant_id, name="default", created_at=clock.now()))
    return tenant_id
