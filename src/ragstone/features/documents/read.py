"""Look at documents, and read back what is stored of them."""

from collections.abc import AsyncIterator, Sequence

from ragstone.db.database import Database
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.documents import chunk_store, store, version_store
from ragstone.features.documents.document import (
    Document,
    DocumentNotFound,
    DocumentNotReady,
    RangeInvalid,
    StoredChunk,
    Version,
    VersionNotFound,
)
from ragstone.features.documents.version_store import VersionState
from ragstone.kit.pagination import Page, decode_cursor, encode_cursor
from ragstone.kit.scope import Scope
from ragstone.ports.blob_store import BlobStore


async def get_document(db: Database, scope: Scope, document_id: str) -> Document:
    """A document. Raises `DocumentNotFound`."""
    require(scope, Permission.READ)
    async with db.read(scope) as connection:
        document = await store.find_document(connection, scope, document_id)
    if document is None:
        raise DocumentNotFound(document_id=document_id)
    return document


async def list_versions(db: Database, scope: Scope, document_id: str) -> Sequence[Version]:
    """A document's versions, oldest first. Raises `DocumentNotFound`."""
    await get_document(db, scope, document_id)
    async with db.read(scope) as connection:
        return await store.list_versions(connection, scope, document_id)


async def list_states(db: Database, scope: Scope, document_ids: Sequence[str]) -> dict[str, VersionState]:
    """Which versions of documents answer, and which are on their way."""
    require(scope, Permission.READ)
    async with db.read(scope) as connection:
        return await version_store.list_states(connection, scope, document_ids)


async def get_version(db: Database, scope: Scope, document_id: str, number: int | None = None) -> Version:
    """The version of a number, or the one that is searched and cited; where there is none yet, the newest.

    Raises `DocumentNotFound`, `VersionNotFound`.
    """
    document = await get_document(db, scope, document_id)
    versions = await list_versions(db, scope, document_id)
    if number is None:
        return next((item for item in versions if item.id == document.active_version_id), versions[-1])
    for version in versions:
        if version.number == number:
            return version
    raise VersionNotFound(document_id=document_id, version=number)


async def get_published_version(db: Database, scope: Scope, document_id: str, number: int | None = None) -> Version:
    """As `get_version`, of versions that have been read. Raises also `DocumentNotReady`."""
    version = await get_version(db, scope, document_id, number)
    if version.published_at is None:
        raise DocumentNotReady(document_id=document_id, status=version.status)
    return version


async def read_text(
    db: Database,
    scope: Scope,
    document_id: str,
    start_byte: int = 0,
    end_byte: int | None = None,
    *,
    number: int | None = None,
) -> bytes:
    """Bytes `[start_byte, end_byte)` of the canonical text of the active version, or of that of a number.

    Raises `DocumentNotFound`, `VersionNotFound`, `DocumentNotReady`, and `RangeInvalid` if the range is not within the
    text or an end of it is inside a character.
    """
    version = await get_published_version(db, scope, document_id, number)
    size = version.n_bytes or 0
    end = size if end_byte is None else end_byte
    invalid = RangeInvalid(start_byte=start_byte, end_byte=end, size_bytes=size)
    if not 0 <= start_byte <= end <= size:
        raise invalid
    async with db.read(scope) as connection:
        text = await chunk_store.find_text_slice(connection, scope, version.id, start_byte, end) or b""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise invalid from error
    return text


async def list_chunks(
    db: Database, scope: Scope, document_id: str, *, cursor: str | None, limit: int, number: int | None = None
) -> Page[StoredChunk]:
    """The chunks of the active version, or of that of a number, in order.

    Raises `DocumentNotFound`, `VersionNotFound`, `DocumentNotReady`.
    """
    after = int(decode_cursor(cursor, 1)[0]) if cursor else -1
    version = await get_published_version(db, scope, document_id, number)
    async with db.read(scope) as connection:
        found = await chunk_store.list_chunks(connection, scope, version.id, after, limit + 1)
    items = tuple(found[:limit])
    return Page(items, encode_cursor(items[-1].ordinal) if len(found) > limit else None)


async def iter_original(db: Database, blobs: BlobStore, scope: Scope, version: Version) -> AsyncIterator[bytes]:
    """The content of a version as it was received; of a merged one, which nobody sent as such, its canonical text.

    Raises `BlobNotFound`, `BlobStoreUnavailable`.
    """
    require(scope, Permission.READ)
    if version.n_parts is not None:
        async with db.read(scope) as connection:
            yield await chunk_store.find_text_slice(connection, scope, version.id, 0, version.n_bytes or 0) or b""
        return
    if version.blob_key is not None:
        async for piece in blobs.read(version.blob_key):
            yield piece
        return
    async with db.read(scope) as connection:
        content = await store.find_source(connection, scope, version.id)
        if content is None:
            content = await version_store.find_shared_source(connection, scope, version)
    yield content or b""
