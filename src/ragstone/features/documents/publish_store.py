"""The SQL of publishing: versions that have been read become those that answer, many in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.documents.document import Document, DocumentStatus, Version
from ragstone.features.documents.store import label_of, list_documents_by_id, live
from ragstone.features.documents.tables import documents, versions
from ragstone.features.documents.version_store import ActiveVersion
from ragstone.kit.scope import Scope


class Publication(Enum):
    """How publishing a version ended.

    `RELABELLED`: it is active, but its points carry a label that has changed. `OVERTAKEN`: a newer one is active.
    `GIVEN_UP`: nobody wants it any more.
    """

    DONE = auto()
    RELABELLED = auto()
    OVERTAKEN = auto()
    GIVEN_UP = auto()


@dataclass(frozen=True, slots=True)
class Reading:
    """A version that has been read, its document as it was when its points were made, and the columns found in it."""

    document: Document
    version: Version
    found: Mapping[str, Any]


@dataclass(slots=True)
class Published:
    """What became of each version, and of those that answered before: `replaced` has their documents by version id."""

    outcomes: dict[str, Publication] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)


async def publish_versions(
    connection: AsyncConnection,
    scope: Scope,
    readings: Sequence[Reading],
    answering: Mapping[str, ActiveVersion | None],
) -> Published:
    """Make pending versions the active ones, each unless a newer one is.

    `answering` are the versions that answer now, by document, as they were when the documents were locked.

    What a user says of a document comes before what its content says, also if it was said after that was read.
    """
    document_ids = list({reading.document.id for reading in readings})
    active = dict(answering)
    revisions = await _label_revisions(connection, scope, document_ids)
    pending = await _list_pending(connection, scope, [reading.version.id for reading in readings])
    published = Published()
    switched: dict[str, Reading] = {}
    ready: list[Reading] = []
    for reading in sorted(readings, key=lambda reading: reading.version.number):
        document, version = reading.document, reading.version
        if version.id not in pending or document.id not in active:
            published.outcomes[version.id] = Publication.GIVEN_UP
            continue
        former = active[document.id]
        if former is not None and former.number > version.number:
            published.outcomes[version.id] = Publication.OVERTAKEN
            published.replaced[version.id] = document.id
            continue
        is_same_label = revisions.get(document.id) == document.label_revision
        published.outcomes[version.id] = Publication.DONE if is_same_label else Publication.RELABELLED
        if former is not None:
            published.replaced[former.id] = document.id
        active[document.id] = ActiveVersion(version.id, version.number)
        switched[document.id] = reading
        ready.append(reading)
    await _set_ready(connection, scope, ready)
    await _set_superseded(connection, scope, list(published.replaced))
    await _activate(connection, scope, switched, published.outcomes)
    return published


async def _list_pending(connection: AsyncConnection, scope: Scope, version_ids: Sequence[str]) -> set[str]:
    statement = sa.select(versions.c.id).where(
        versions.c.tenant_id == scope.tenant_id,
        versions.c.id.in_(version_ids),
        versions.c.status == DocumentStatus.PENDING,
    )
    return set(await connection.scalars(statement))


async def _label_revisions(connection: AsyncConnection, scope: Scope, document_ids: Sequence[str]) -> dict[str, int]:
    statement = sa.select(documents.c.id, documents.c.label_revision).where(
        live(scope), documents.c.id.in_(document_ids)
    )
    return {row.id: row.label_revision for row in await connection.execute(statement)}


async def _set_ready(connection: AsyncConnection, scope: Scope, ready: Sequence[Reading]) -> None:
    if not ready:
        return
    names = list(ready[0].found)
    statement = (
        sa.update(versions)
        .where(versions.c.tenant_id == scope.tenant_id, versions.c.id == sa.bindparam("version_id"))
        .values(status=DocumentStatus.READY, error=None, **_bound(versions, names))
    )
    rows = [
        {"version_id": reading.version.id} | {f"new_{name}": reading.found[name] for name in names} for reading in ready
    ]
    await connection.execute(statement, rows)


async def _set_superseded(connection: AsyncConnection, scope: Scope, version_ids: Sequence[str]) -> None:
    if version_ids:
        mine = sa.and_(versions.c.tenant_id == scope.tenant_id, versions.c.id.in_(version_ids))
        await connection.execute(sa.update(versions).where(mine).values(status=DocumentStatus.SUPERSEDED, error=None))


async def _activate(
    connection: AsyncConnection, scope: Scope, switched: Mapping[str, Reading], outcomes: Mapping[str, Publication]
) -> None:
    if not switched:
        return
    relabelled = [
        document_id
        for document_id, reading in switched.items()
        if outcomes[reading.version.id] is Publication.RELABELLED
    ]
    current = await list_documents_by_id(connection, scope, relabelled) if relabelled else {}
    rows = [_answering(reading, current.get(document_id)) for document_id, reading in switched.items()]
    names = list(rows[0])
    statement = (
        sa.update(documents)
        .where(documents.c.tenant_id == scope.tenant_id, documents.c.id == sa.bindparam("document_id"))
        .values(status=DocumentStatus.READY, error=None, **_bound(documents, names))
    )
    given = [
        {"document_id": document_id} | {f"new_{name}": value for name, value in row.items()}
        for document_id, row in zip(switched, rows, strict=True)
    ]
    await connection.execute(statement, given)


def _answering(reading: Reading, relabelled: Document | None) -> dict[str, Any]:
    """The columns of a document whose version answers from now on."""
    read, found = reading.document, reading.found
    label = {"title": read.title, "metadata": dict(read.metadata)}
    if relabelled is not None:
        label = label_of(relabelled, found["found_title"], found["found_metadata"])
    return {
        "active_version_id": reading.version.id,
        "filename": read.filename,
        "type": read.type,
        "language": read.language,
        "size_bytes": read.size_bytes,
        "updated_at": found["published_at"],
        **label,
    }


def _bound(table: sa.Table, names: Iterable[str]) -> dict[str, Any]:
    """Columns set to parameters, so that one statement serves many rows."""
    return {name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
