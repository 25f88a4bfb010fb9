"""The SQL of versions that follow one another: a new one is added, published in place of the one before it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.documents.document import DocumentStatus, Version
from ragstone.features.documents.reach import reach
from ragstone.features.documents.store import live
from ragstone.features.documents.tables import documents, version_sources, versions
from ragstone.kit.scope import Scope


@dataclass(frozen=True, slots=True)
class VersionState:
    """Numbers of the version that answers, and of the newest one still to be read; None where there is none."""

    active: int | None
    pending: int | None


@dataclass(frozen=True, slots=True)
class ActiveVersion:
    """The version of a document that answers."""

    id: str
    number: int


async def lock_documents(
    connection: AsyncConnection, scope: Scope, document_ids: Sequence[str]
) -> dict[str, ActiveVersion | None]:
    """The active versions of the documents that are there; nobody else changes these documents before the commit.

    Whoever changes versions of documents that may be in use takes this lock first, in this order, so that no two
    transactions wait for each other.
    """
    statement = (
        sa.select(documents.c.id, documents.c.active_version_id, versions.c.number)
        .join_from(documents, versions, versions.c.id == documents.c.active_version_id, isouter=True)
        .where(live(scope), documents.c.id.in_(document_ids))
        .order_by(documents.c.id)
        .with_for_update(of=documents)
    )
    rows = (await connection.execute(statement)).all()
    return {row.id: ActiveVersion(row.active_version_id, row.number) if row.active_version_id else None for row in rows}


async def list_states(
    connection: AsyncConnection, scope: Scope, document_ids: Sequence[str]
) -> dict[str, VersionState]:
    """Which versions of documents answer, and which are on their way."""
    active = sa.case((versions.c.id == documents.c.active_version_id, versions.c.number))
    pending = sa.case((versions.c.status == DocumentStatus.PENDING, versions.c.number))
    statement = (
        sa.select(versions.c.document_id, sa.func.max(active).label("active"), sa.func.max(pending).label("pending"))
        .join_from(versions, documents, documents.c.id == versions.c.document_id)
        .where(live(scope), versions.c.document_id.in_(document_ids))
        .group_by(versions.c.document_id)
    )
    return {row.document_id: VersionState(row.active, row.pending) for row in await connection.execute(statement)}


async def list_numbers(connection: AsyncConnection, scope: Scope, document_ids: Sequence[str]) -> dict[str, int]:
    """The highest version number of each document. Only under a lock does the next one stay free."""
    statement = (
        sa.select(versions.c.document_id, sa.func.max(versions.c.number).label("number"))
        .where(reach(scope, versions), versions.c.document_id.in_(document_ids))
        .group_by(versions.c.document_id)
    )
    return {row.document_id: row.number for row in await connection.execute(statement)}


async def insert_versions(
    connection: AsyncConnection, scope: Scope, added: Sequence[tuple[Version, bytes | None]], now: datetime
) -> None:
    """Add further versions to documents, each with its original where that came as text.

    A document without an active version waits for the new one now; any other stays what it is.
    """
    await connection.execute(sa.insert(versions), [asdict(version) for version, _ in added])
    sources = [
        {"version_id": version.id, "tenant_id": scope.tenant_id, "content": content}
        for version, content in added
        if content is not None
    ]
    if sources:
        await connection.execute(sa.insert(version_sources), sources)
    await connection.execute(
        sa.update(documents)
        .where(
            live(scope),
            documents.c.id.in_({version.document_id for version, _ in added}),
            documents.c.active_version_id.is_(None),
        )
        .values(status=DocumentStatus.PENDING, error=None, updated_at=now)
    )


async def forget_error(connection: AsyncConnection, scope: Scope, document_id: str, now: datetime) -> None:
    """Whatever was wrong with a document's newest content, or what record it was made from, is of no interest now."""
    await connection.execute(
        sa.update(documents)
        .where(live(scope), documents.c.id == document_id)
        .values(error=None, record_sha256=None, updated_at=now)
    )


async def find_shared_source(connection: AsyncConnection, scope: Scope, version: Version) -> bytes | None:
    """The original of a version that was read again from the text of another version of its document."""
    return await connection.scalar(
        sa.select(version_sources.c.content)
        .join_from(version_sources, versions, versions.c.id == version_sources.c.version_id)
        .where(
            reach(scope, version_sources),
            versions.c.document_id == version.document_id,
            versions.c.source_sha256 == version.source_sha256,
        )
        .limit(1)
    )
