"""All SQL of keys as objects."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.changes import UNNOTED
from ragstone.features.accounts.keys.key import ApiKey, Maker
from ragstone.features.accounts.tables import api_keys
from ragstone.kit.scope import Scope

_COLUMNS = [api_keys.c[item.name] for item in fields(ApiKey)]


def _key(row: Mapping[Any, Any]) -> ApiKey:
    listed = row["collection_ids"]
    return ApiKey(
        **{
            **row,
            "permissions": frozenset(row["permissions"]),
            "collection_ids": None if listed is None else frozenset(listed),
        }
    )


async def insert_key(connection: AsyncConnection, key: ApiKey, hashed: str) -> None:
    """Insert a row."""
    listed = key.collection_ids
    values = asdict(key) | {
        "secret_hash": hashed,
        "permissions": sorted(key.permissions),
        "collection_ids": None if listed is None else sorted(listed),
    }
    await connection.execute(sa.insert(api_keys).values(values))


async def find_key(connection: AsyncConnection, scope: Scope, key_id: str) -> ApiKey | None:
    """A tenant's key by id."""
    statement = sa.select(*_COLUMNS).where(api_keys.c.tenant_id == scope.tenant_id, api_keys.c.id == key_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return _key(row) if row else None


async def list_keys(
    connection: AsyncConnection, scope: Scope, owner: str | None, after: str | None, limit: int
) -> Sequence[ApiKey]:
    """A tenant's keys, oldest first: all of them, or those of one `owner`, who may be a member or a key."""
    statement = sa.select(*_COLUMNS).where(api_keys.c.tenant_id == scope.tenant_id).order_by(api_keys.c.id).limit(limit)
    if owner is not None:
        statement = statement.where(sa.or_(api_keys.c.user_id == owner, api_keys.c.id == owner))
    if after is not None:
        statement = statement.where(api_keys.c.id > after)
    return [_key(row) for row in (await connection.execute(statement)).mappings()]


async def find_maker(connection: AsyncConnection, scope: Scope) -> Maker | None:
    """Who made the key that is calling, and when it ends; None if no key is calling."""
    statement = sa.select(api_keys.c.user_id, api_keys.c.expires_at).where(
        api_keys.c.tenant_id == scope.tenant_id, api_keys.c.id == scope.caller_id
    )
    row = (await connection.execute(statement)).one_or_none()
    return Maker(*row) if row else None


async def update_key(connection: AsyncConnection, scope: Scope, key_id: str, **values: Any) -> None:
    """Change a row."""
    statement = sa.update(api_keys).where(api_keys.c.tenant_id == scope.tenant_id, api_keys.c.id == key_id)
    await connection.execute(statement.values(**values))


async def rotate_key(
    connection: AsyncConnection, scope: Scope, key_id: str, hashed: str, until: datetime, prefix: str
) -> None:
    """Put a new secret in the place of the one so far, which stays valid for a while."""
    statement = sa.update(api_keys).where(api_keys.c.tenant_id == scope.tenant_id, api_keys.c.id == key_id)
    await connection.execute(
        statement.values(former_hash=api_keys.c.secret_hash, former_until=until, secret_hash=hashed, prefix=prefix)
    )


async def delete_key(connection: AsyncConnection, scope: Scope, key_id: str) -> None:
    """Drop a row; the key is worth nothing from the commit on."""
    await connection.execute(
        sa.delete(api_keys).where(api_keys.c.tenant_id == scope.tenant_id, api_keys.c.id == key_id)
    )


async def delete_keys_of_member(connection: AsyncConnection, scope: Scope, user_id: str) -> None:
    """Drop every key of a member who leaves."""
    await connection.execute(
        sa.delete(api_keys).where(api_keys.c.tenant_id == scope.tenant_id, api_keys.c.user_id == user_id)
    )


async def note_uses(connection: AsyncConnection, uses: Mapping[str, datetime]) -> None:
    """Write when keys were last used."""
    if uses:
        statement = (
            sa.update(api_keys)
            .where(api_keys.c.id == sa.bindparam("key_id"))
            .values(last_used_at=sa.bindparam("moment"))
        )
        rows = [{"key_id": key_id, "moment": at} for key_id, at in sorted(uses.items())]
        await connection.execute(statement, rows, execution_options={UNNOTED: True})
