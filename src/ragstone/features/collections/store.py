"""All SQL of the collection table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.collections.collection import Chunking, Collection, CollectionNameTaken, Retrieval
from ragstone.features.collections.tables import collections
from ragstone.kit.scope import Scope

_COLUMNS = [collections.c[field.name] for field in fields(Collection)]


def _collection(row: Mapping[Any, Any]) -> Collection:
    indexed = row["indexed_chunking"]
    return Collection(
        **{
            **row,
            "chunking": Chunking(**row["chunking"]),
            "indexed_chunking": Chunking(**indexed) if indexed is not None else None,
            "retrieval": Retrieval(**row["retrieval"]),
        }
    )


def mine(scope: Scope) -> sa.ColumnElement[bool]:
    """The collections that exist for the caller, also while they are being deleted."""
    of_tenant = collections.c.tenant_id == scope.tenant_id
    if scope.collection_ids is None:
        return of_tenant
    return sa.and_(of_tenant, collections.c.id.in_(scope.collection_ids))


def _live(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.and_(mine(scope), collections.c.deleted_at.is_(None))


async def insert_collection(connection: AsyncConnection, collection: Collection) -> None:
    """Insert a row. Raises `CollectionNameTaken`."""
    try:
        await connection.execute(sa.insert(collections).values(**asdict(collection)))
    except IntegrityError as error:
        raise CollectionNameTaken(name=collection.name) from error


async def find_collection(connection: AsyncConnection, scope: Scope, collection_id: str) -> Collection | None:
    """A tenant's collection by id."""
    statement = sa.select(*_COLUMNS).where(_live(scope), collections.c.id == collection_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return _collection(row) if row else None


async def find_collection_by_name(connection: AsyncConnection, scope: Scope, name: str) -> Collection | None:
    """A tenant's collection by name."""
    statement = sa.select(*_COLUMNS).where(_live(scope), collections.c.name == name)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return _collection(row) if row else None


async def list_collections(
    connection: AsyncConnection, scope: Scope, after: str | None = None, limit: int | None = None
) -> Sequence[Collection]:
    """A tenant's collections, oldest first, those made after `after`."""
    statement = sa.select(*_COLUMNS).where(_live(scope)).order_by(collections.c.id).limit(limit)
    if after is not None:
        statement = statement.where(collections.c.id > after)
    return [_collection(row) for row in (await connection.execute(statement)).mappings()]


async def update_collection(connection: AsyncConnection, scope: Scope, collection_id: str, **values: Any) -> bool:
    """Change a row. Tells whether there was one. Raises `CollectionNameTaken`."""
    statement = sa.update(collections).where(_live(scope), collections.c.id == collection_id).values(**values)
    try:
        return (await connection.execute(statement)).rowcount > 0
    except IntegrityError as error:
        raise CollectionNameTaken(name=values.get("name")) from error


async def mark_deleted(connection: AsyncConnection, scope: Scope, collection_id: str, now: datetime) -> bool:
    """Hide a collection at once; its row stays until everything in it is gone. Tells whether there was one."""
    return await update_collection(connection, scope, collection_id, deleted_at=now)


async def remove_deleted(connection: AsyncConnection, scope: Scope, collection_id: str) -> None:
    """Drop the row of a hidden collection."""
    await connection.execute(
        sa.delete(collections).where(
            collections.c.tenant_id == scope.tenant_id,
            collections.c.id == collection_id,
            collections.c.deleted_at.is_not(None),
        )
    )
