"""The SQL of former versions that are kept no longer, and of handing their originals to those that need them still."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.documents import blob_use_store, embedding_store
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.tables import version_parts, version_sources, versions
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
    """Drop versions with their texts and chunks; the blobs that are abandoned with them.

    The document is locked, and so is the dropping of vectors and blobs.
    """
    mine = sa.and_(versions.c.tenant_id == scope.tenant_id, versions.c.id.in_(version_ids))
    blob_keys = await blob_use_store.list_blob_keys(connection, scope, versions.c.id.in_(version_ids))
    await _hand_over_originals(connection, scope, document_id, version_ids)
    await embedding_store.forget_passages(connection, scope, sa.select(versions.c.id).where(mine))
    await connection.execute(sa.delete(versions).where(mine))
    return await blob_use_store.abandon_blobs(connection, scope, blob_keys, now)


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
