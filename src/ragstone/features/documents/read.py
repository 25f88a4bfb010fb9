"""Look at documents, and read back what is stored of them."""

from collections.abc import AsyncIterator, Sequence

from ragstone.db.database import Database
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.documents import chunk_store, store
from ragstone.features.documents.document import (
    Document,
    DocumentNotFound,
    DocumentNotReady,
    RangeInvalid,
    StoredChunk,
    Version,
)
from ragstone.kit.pagination import Page, decode_cursor, encode_cursor
from ragstone.kit.scope import Scope
from ragstone.ports.blob_store import BlobStore


async def get_document(db: Database, scope: Scope, document_id: str) -> Document:
    """A document. Raises `DocumentNotFound`."""
    require(scope, Permission.READ)
    async with db.read() as connection:
        document = await store.find_document(connection, scope, document_id)
    if document is None:
        raise DocumentNotFound(document_id=document_id)
    return document


async def list_versions(db: Database, scope: Scope, document_id: str) -> Sequence[Version]:
    """A document's versions, oldest first. Raises `DocumentNotFound`."""
    await get_document(db, scope, document_id)
    async with db.read() as connection:
        return await store.list_versions(connection, scope, document_id)


async def get_active_version(db: Database, scope: Scope, document_id: str) -> Version:
    """The version that is searched and cited. Raises `DocumentNotFound`, `DocumentNotReady`."""
    document = await get_document(db, scope, document_id)
    async with db.read() as connection:
        version = await store.find_version(connection, scope, document.active_version_id or "")
    if version is None:
        raise DocumentNotReady(document_id=document_id, status=document.status)
    return version


async def read_text(
    db: Database, scope: Scope, document_id: str, start_byte: int = 0, end_byte: int | None = None
) -> bytes:
    """Bytes `[start_byte, end_byte)` of the active version's canonical text.

    Raises `DocumentNotFound`, `DocumentNotReady`, and `RangeInvalid` if the range is not within the text or an end of
    it is inside a character.
    """
    version = await get_active_version(db, scope, document_id)
    size = version.n_bytes or 0
    end = size if end_byte is None else end_byte
    invalid = RangeInvalid(start_byte=start_byte, end_byte=end, size_bytes=size)
    if not 0 <= start_byte <= end <= size:
        raise invalid
    async with db.read() as connection:
        text = await chunk_store.find_text_slice(connection, scope, version.id, start_byte, end) or b""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise invalid from error
    return text


async def list_chunks(
    db: Database, scope: Scope, document_id: str, *, cursor: str | None, limit: int
) -> Page[StoredChunk]:
    """The active version's chunks in order. Raises `DocumentNotFound`, `DocumentNotReady`."""
    after = int(decode_cursor(cursor, 1)[0]) if cursor else -1
    version = await get_active_version(db, scope, document_id)
    async with db.read() as connection:
        found = await chunk_store.list_chunks(connection, scope, version.id, after, limit + 1)
    items = tuple(found[:limit])
    return Page(items, encode_cursor(items[-1].ordinal) if len(found) > limit else None)


async def iter_original(db: Database, blobs: BlobStore, scope: Scope, version: Version) -> AsyncIterator[bytes]:
    """The content of a version as it was received. Raises `BlobNotFound`, `BlobStoreUnavailable`."""
    require(scope, Permission.READ)
    if version.blob_key is not None:
        async for piece in blobs.read(version.blob_key):
            yield piece
        return
    async with db.read() as connection:
        yield await store.find_source(connection, scope, version.id) or b""
