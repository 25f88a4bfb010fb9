"""The SQL of merged versions: which originals they are read from, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.documents.document import Version
from ragstone.features.documents.tables import version_parts, version_sources, versions
from ragstone.kit.scope import Scope


@dataclass(frozen=True, slots=True)
class Part:
    """One original of a merged version, without its bytes.

    `document_id` is the document it came from, `headings` are the titles it stands under, the last one its own.
    """

    version_id: str
    ordinal: int
    tenant_id: str
    document_id: str
    headings: tuple[str, ...]
    filename: str | None
    type: str | None
    size_bytes: int
    source_sha256: str
    blob_key: str | None


_COLUMNS = [version_parts.c[field.name] for field in fields(Part)]


async def list_parts(connection: AsyncConnection, scope: Scope, version: Version) -> list[Part]:
    """The originals of a merged version; one that was read again shares them with an earlier one."""
    owners = (
        sa.select(sa.func.min(version_parts.c.version_id))
        .join_from(version_parts, versions, versions.c.id == version_parts.c.version_id)
        .where(
            version_parts.c.tenant_id == scope.tenant_id,
            versions.c.document_id == version.document_id,
            versions.c.source_sha256 == version.source_sha256,
        )
    )
    statement = (
        sa.select(*_COLUMNS)
        .where(version_parts.c.tenant_id == scope.tenant_id, version_parts.c.version_id == owners.scalar_subquery())
        .order_by(version_parts.c.ordinal)
    )
    rows = (await connection.execute(statement)).mappings()
    return [Part(**{**row, "headings": tuple(row["headings"])}) for row in rows]


async def insert_parts(connection: AsyncConnection, scope: Scope, parts: Sequence[tuple[Part, Version | Part]]) -> None:
    """Insert the parts of a merged version. Texts are copied from what each was made of, inside the store."""
    for part, origin in parts:
        values = {field.name: getattr(part, field.name) for field in fields(Part)}
        content = sa.null() if part.blob_key else _content_of(scope, origin).scalar_subquery()
        statement = sa.insert(version_parts).values(**{**values, "headings": list(part.headings)}, content=content)
        await connection.execute(statement)


async def find_part_text(connection: AsyncConnection, scope: Scope, part: Part) -> bytes | None:
    """The original of a part that came as text."""
    content: bytes | None = await connection.scalar(_content_of(scope, part))
    return content


def _content_of(scope: Scope, origin: Version | Part) -> "sa.Select[tuple[bytes]]":
    if isinstance(origin, Part):
        return sa.select(version_parts.c.content).where(
            version_parts.c.tenant_id == scope.tenant_id,
            version_parts.c.version_id == origin.version_id,
            version_parts.c.ordinal == origin.ordinal,
        )
    return (
        sa.select(version_sources.c.content)
        .join_from(version_sources, versions, versions.c.id == version_sources.c.version_id)
        .where(
            version_sources.c.tenant_id == scope.tenant_id,
            versions.c.document_id == origin.document_id,
            versions.c.source_sha256 == origin.source_sha256,
        )
        .limit(1)
    )
