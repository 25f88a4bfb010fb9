"""The SQL of former versions that are kept no longer, and of originals that more than one version is read from."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import insert_into
from ragstone.features.documents import embedding_store
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.tables import upload_intents, version_parts, version_sources, versions
from ragstone.kit.scope import Scope

_SHARED = (version_sources, version_parts)
"""Tables of originals. What is read again shares the original of the version before it."""


async def list_prunable(connection: AsyncConnection, scope: Scope, document_id: str, kept: int) -> Sequence[str]:
    """Versions older than the `kept` newest former ones. The document is locked."""
    former = (
        sa.select(versions.c.number)
        .where(
            versions.c.tenant_id == scope.tenant_id,
            versions.c.document_id == document_id,
            versions.c.status == DocumentStatus.SUPERSEDED,
            versions.c.published_at.is_not(None),
        )
        .order_by(versions.c.number.desc())
        .offset(kept)
        .limit(1)
    )
    statement = sa.select(versions.c.id).where(
        versions.c.tenant_id == scope.tenant_id,
        versions.c.document_id == document_id,
        versions.c.number <= former.scalar_subquery(),
        versions.c.status.not_in([DocumentStatus.READY, DocumentStatus.PENDING]),
    )
    return list(await connection.scalars(statement))


async def drop_versions(
    connection: AsyncConnection, scope: Scope, document_id: str, version_ids: Sequence[str], now: datetime
) -> list[str]:
    """Drop versions with their texts and chunks; the blobs that are abandoned with them."""
    mine = sa.and_(versions.c.tenant_id == scope.tenant_id, versions.c.id.in_(version_ids))
    blob_keys = await list_blob_keys(connection, scope, versions.c.id.in_(version_ids))
    await _hand_over_originals(connection, scope, document_id, version_ids)
    await embedding_store.forget_passages(connection, scope, sa.select(versions.c.id).where(mine))
    await connection.execute(sa.delete(versions).where(mine))
    return await abandon_blobs(connection, scope, blob_keys, now)


async def list_blob_keys(connection: AsyncConnection, scope: Scope, which: sa.ColumnElement[bool]) -> set[str]:
    """The blobs that versions are read from."""
    own = sa.select(versions.c.blob_key).where(versions.c.tenant_id == scope.tenant_id, which)
    parts = (
        sa.select(version_parts.c.blob_key)
        .join_from(version_parts, versions, versions.c.id == version_parts.c.version_id)
        .where(version_parts.c.tenant_id == scope.tenant_id, which)
    )
    return {key for key in await connection.scalars(sa.union(own, parts)) if key is not None}


async def abandon_blobs(connection: AsyncConnection, scope: Scope, blob_keys: set[str], now: datetime) -> list[str]:
    """Those of the blobs that no version is read from any more. They are noted, to be removed whatever happens."""
    used = sa.union(
        sa.select(versions.c.blob_key).where(
            versions.c.tenant_id == scope.tenant_id, versions.c.blob_key.in_(blob_keys)
        ),
        sa.select(version_parts.c.blob_key).where(
            version_parts.c.tenant_id == scope.tenant_id, version_parts.c.blob_key.in_(blob_keys)
        ),
    )
    unused = sorted(blob_keys - set(await connection.scalars(used)))
    if unused:
        rows = [
            {"blob_key": key, "tenant_id": scope.tenant_id, "created_at": now, "is_abandoned": True} for key in unused
        ]
        await connection.execute(insert_into(connection, upload_intents).on_conflict_do_nothing(), rows)
    return unused


async def _hand_over_originals(
    connection: AsyncConnection, scope: Scope, document_id: str, version_ids: Sequence[str]
) -> None:
    """Give originals of versions that go to versions that stay and are read from the same ones."""
    stays = versions.alias()
    for table in _SHARED:
        owns = sa.select(table.c.version_id).where(table.c.tenant_id == scope.tenant_id)
        heir = (
            sa.select(sa.func.min(stays.c.id))
            .where(
                stays.c.tenant_id == scope.tenant_id,
                stays.c.document_id == document_id,
                stays.c.source_sha256 == versions.c.source_sha256,
                stays.c.id.not_in(version_ids),
                stays.c.id.not_in(owns),
            )
            .correlate(versions)
        )
        statement = sa.select(versions.c.id, heir.scalar_subquery()).where(
            versions.c.tenant_id == scope.tenant_id, versions.c.id.in_(version_ids), versions.c.id.in_(owns)
        )
        for version_id, heir_id in (await connection.execute(statement)).all():
            taken = sa.select(table.c.version_id).where(table.c.version_id == heir_id)
            if heir_id is not None and await connection.scalar(taken) is None:
                await connection.execute(
                    sa.update(table)
                    .where(table.c.tenant_id == scope.tenant_id, table.c.version_id == version_id)
                    .values(version_id=heir_id)
                )
