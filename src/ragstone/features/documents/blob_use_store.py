"""The SQL of who is read from which blob: a blob goes when the last version that is read from it goes.

A version that was read again shares its blob with the one before it, a merged one those of its sources. So whoever
drops versions has the lock of `embedding_store.begin_dropping`: else two could each leave a blob to the other.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import insert_into
from ragstone.features.documents.tables import documents, upload_intents, version_parts, versions
from ragstone.kit.scope import Scope


async def list_blob_keys(connection: AsyncConnection, scope: Scope, which: sa.ColumnElement[bool]) -> set[str]:
    """The blobs that versions are read from; the condition is about versions or documents."""
    own = (
        sa.select(versions.c.blob_key)
        .join_from(versions, documents, documents.c.id == versions.c.document_id)
        .where(versions.c.tenant_id == scope.tenant_id, which)
    )
    parts = (
        sa.select(version_parts.c.blob_key)
        .join_from(version_parts, versions, versions.c.id == version_parts.c.version_id)
        .join(documents, documents.c.id == versions.c.document_id)
        .where(version_parts.c.tenant_id == scope.tenant_id, which)
    )
    return {key for key in await connection.scalars(sa.union(own, parts)) if key is not None}


async def abandon_blobs(connection: AsyncConnection, scope: Scope, blob_keys: set[str], now: datetime) -> list[str]:
    """Those of the tenant's blobs that no version is read from any more. They are noted, to be removed in any case."""
    used = sa.union(
        sa.select(versions.c.blob_key).where(
            versions.c.tenant_id == scope.tenant_id, versions.c.blob_key.in_(blob_keys)
        ),
        sa.select(version_parts.c.blob_key).where(
            version_parts.c.tenant_id == scope.tenant_id, version_parts.c.blob_key.in_(blob_keys)
        ),
    )
    own = {key for key in blob_keys if key.startswith(f"{scope.tenant_id}/")}
    unused = sorted(own - set(await connection.scalars(used)))
    if unused:
        rows = [
            {"blob_key": key, "tenant_id": scope.tenant_id, "created_at": now, "is_abandoned": True} for key in unused
        ]
        await connection.execute(insert_into(connection, upload_intents).on_conflict_do_nothing(), rows)
    return unused
