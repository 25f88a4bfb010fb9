"""The SQL of near duplicates: documents of one collection whose texts have almost everything in common."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.engine.language.minhash import bands, similarity
from ragstone.features.documents.document import Document
from ragstone.features.documents.store import live
from ragstone.features.documents.tables import documents, version_bands, versions
from ragstone.kit.scope import Scope

NEAR: Final = 0.8
"""The share of runs of three words in common from which on a text is a near duplicate."""

_MOST_CANDIDATES: Final = 50
_MOST_LOOKED_AT: Final = 500  # Among a million texts of one pattern, thousands share a band; any few will do.


async def flag_near_duplicate(
    connection: AsyncConnection, scope: Scope, document: Document, version_id: str, signature: bytes | None
) -> None:
    """Keep the signature of a version that has become active, and note which older document it nearly repeats."""
    near = None
    if signature is not None:
        keys = sorted(set(bands(signature)))
        near = await _find_near(connection, scope, document, signature, keys)
        rows = [{"version_id": version_id, "tenant_id": scope.tenant_id, "band": key} for key in keys]
        await connection.execute(sa.insert(version_bands), rows)
    if near is not None or document.near_duplicate_of is not None:
        mine = sa.and_(live(scope), documents.c.id == document.id)
        await connection.execute(sa.update(documents).where(mine).values(near_duplicate_of=near))


async def _find_near(
    connection: AsyncConnection, scope: Scope, document: Document, signature: bytes, keys: list[int]
) -> str | None:
    sharing = (
        sa.select(version_bands.c.version_id)
        .where(version_bands.c.tenant_id == scope.tenant_id, version_bands.c.band.in_(keys))
        .limit(_MOST_LOOKED_AT)
    )
    # Materialised, as planners else walk through the whole collection in the order that is asked for.
    candidates = (
        sa.select(versions.c.id, versions.c.document_id, versions.c.signature)
        .where(versions.c.tenant_id == scope.tenant_id, versions.c.id.in_(sharing))
        .cte("candidates")
        .prefix_with("MATERIALIZED")
    )
    is_active = sa.and_(documents.c.id == candidates.c.document_id, documents.c.active_version_id == candidates.c.id)
    statement = (
        sa.select(documents.c.id, candidates.c.signature)
        .join_from(candidates, documents, is_active)
        .where(
            live(scope),
            documents.c.collection_id == document.collection_id,
            documents.c.id < document.id,  # Ids are in order of time.
        )
        .order_by(documents.c.id)
        .limit(_MOST_CANDIDATES)
    )
    scored = [(similarity(signature, row.signature), row.id) for row in await connection.execute(statement)]
    near = [(-score, document_id) for score, document_id in scored if score >= NEAR]
    return min(near)[1] if near else None
