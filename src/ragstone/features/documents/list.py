"""List documents: filtered, sorted, by cursor or by number."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.db.dialect import binary_order, json_array_has, json_text
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.documents import store
from ragstone.features.documents.document import Document, DocumentStatus
from ragstone.features.documents.tables import documents
from ragstone.kit.pagination import CursorInvalid, decode_cursor, encode_cursor
from ragstone.kit.scope import Scope


class Sort(StrEnum):
    """Orders of a list; a minus turns it round. Documents that are equal in it are in order of creation."""

    CREATED = "created"
    CREATED_DOWN = "-created"
    FILENAME = "filename"
    FILENAME_DOWN = "-filename"
    SIZE = "size"
    SIZE_DOWN = "-size"


@dataclass(frozen=True, slots=True)
class DocumentQuery:
    """Which documents, in which order, from where. What is None is not asked for."""

    collection_id: str | None = None
    status: DocumentStatus | None = None
    type: str | None = None
    tag: str | None = None
    filename: str | None = None
    external_id: str | None = None
    near_duplicate: bool | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_from: datetime | None = None
    created_to: datetime | None = None
    size_from: int | None = None
    size_to: int | None = None
    sort: Sort = Sort.CREATED_DOWN
    limit: int = 50
    cursor: str | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of documents. `total` is counted only where the page was asked for by number."""

    items: tuple[Document, ...]
    next_cursor: str | None
    total: int | None


async def list_documents(db: Database, scope: Scope, query: DocumentQuery) -> Listing:
    """The documents a query asks for. Raises `CursorInvalid`."""
    require(scope, Permission.READ)
    where = _conditions(scope, query)
    key = _sort_key(query.sort)
    down = query.sort.value.startswith("-")
    after = [_after(key, query.cursor, down=down)] if query.cursor else []
    order = [column.desc() if down else column.asc() for column in key]
    async with db.read(scope) as connection:
        found = await store.list_documents(connection, [*where, *after], order, query.limit + 1, query.offset or 0)
        total = await store.count_documents(connection, where) if query.offset is not None else None
    items = tuple(found[: query.limit])
    return Listing(items, _position(items[-1], query.sort) if len(found) > query.limit else None, total)


def _conditions(scope: Scope, query: DocumentQuery) -> list[sa.ColumnElement[bool]]:
    column = documents.c
    equal = {
        column.collection_id: query.collection_id,
        column.status: query.status,
        column.type: query.type,
        column.filename: query.filename,
        column.external_id: query.external_id,
    }
    where = [store.live(scope), *(name == value for name, value in equal.items() if value is not None)]
    if query.tag is not None:
        where.append(json_array_has(column.tags, query.tag))
    where += [json_text(column.metadata, key) == value for key, value in query.metadata.items()]
    if query.near_duplicate is not None:
        where.append(
            column.near_duplicate_of.is_not(None) if query.near_duplicate else column.near_duplicate_of.is_(None)
        )
    return [*where, *_ranges(query)]


def _ranges(query: DocumentQuery) -> Iterator[sa.ColumnElement[bool]]:
    """Half-open ranges of creation and size."""
    if query.created_from is not None:
        yield documents.c.created_at >= query.created_from
    if query.created_to is not None:
        yield documents.c.created_at < query.created_to
    if query.size_from is not None:
        yield documents.c.size_bytes >= query.size_from
    if query.size_to is not None:
        yield documents.c.size_bytes < query.size_to


def _sort_key(sort: Sort) -> tuple[sa.ColumnElement[Any], ...]:
    name = sort.value.removeprefix("-")
    if name == "filename":
        return binary_order(sa.func.coalesce(documents.c.filename, "")), documents.c.id
    if name == "size":
        return documents.c.size_bytes, documents.c.id
    return (documents.c.id,)


def _after(key: tuple[sa.ColumnElement[Any], ...], cursor: str, *, down: bool) -> sa.ColumnElement[bool]:
    parts = decode_cursor(cursor, len(key))
    if any(not isinstance(part, column.type.python_type) for part, column in zip(parts, key, strict=True)):
        raise CursorInvalid
    position = sa.tuple_(*(sa.literal(part, column.type) for part, column in zip(parts, key, strict=True)))
    return sa.tuple_(*key) < position if down else sa.tuple_(*key) > position


def _position(document: Document, sort: Sort) -> str:
    name = sort.value.removeprefix("-")
    if name == "filename":
        return encode_cursor(document.filename or "", document.id)
    if name == "size":
        return encode_cursor(document.size_bytes, document.id)
    return encode_cursor(document.id)
