"""The `BlobStore` port on obstore: files, S3, Google Cloud Storage and Azure by one URL."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable
from datetime import timedelta
from typing import Final, TypeVar

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from ragstone.backends.blobs.errors import translated
from ragstone.backends.blobs.keys import to_key, to_name
from ragstone.backends.blobs.upload import Upload, first_bytes
from ragstone.ports.blob_store import BlobStat, BlobStoreUnavailable

_READ_BYTES: Final = 1024 * 1024
_LOCAL_PART_BYTES: Final = 1024 * 1024
_REMOTE_PART_BYTES: Final = 8 * 1024 * 1024  # S3 takes at most 10,000 parts, none but the last below 5 MiB.
_PARTS_AT_ONCE: Final = 2
_LISTED_AT_ONCE: Final = 1000

Value = TypeVar("Value")


class ObjectBlobStore:
    """Blobs under a URL: `file:///folder`, `s3://bucket/prefix`, `gs://…`, `az://…`; a missing folder is made.

    Credentials of the clouds come from their usual environment variables. `timeout_s` bounds each piece that is read
    or written, never a whole blob. Raises `BlobStoreUnavailable`.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        try:
            with translated():
                self._store = _open(url, timeout_s)
        except ValueError as error:
            raise BlobStoreUnavailable(key="", reason=str(error)) from error
        self._timeout_s = timeout_s
        self._part_bytes = _LOCAL_PART_BYTES if isinstance(self._store, LocalStore) else _REMOTE_PART_BYTES

    async def put(self, key: str, content: AsyncIterable[bytes]) -> BlobStat:
        """Store the content. On error nothing is kept, and what `content` raises comes out as it is."""
        name = to_name(key)
        pieces = aiter(content)
        head = await first_bytes(pieces, self._part_bytes)
        if len(head) < self._part_bytes:
            with translated(key):
                await self._bounded(obstore.put_async(self._store, name, head, use_multipart=False))
        else:
            await self._put_parts(key, name, Upload(head, pieces, self._timeout_s))
        return await self.stat(key)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes `[start, end)` in pieces; what is beyond the end is left out, as in a slice."""
        name = to_name(key)
        part: tuple[int, int] | None = None
        if start > 0 or end is not None:
            size_bytes = (await self.stat(key)).size_bytes
            part = (start, size_bytes if end is None else min(end, size_bytes))
            if part[0] >= part[1]:
                return
        with translated(key):
            options: obstore.GetOptions = {"range": part} if part else {}
            response = await self._bounded(obstore.get_async(self._store, name, options=options))
            stream = response.stream(min_chunk_size=_READ_BYTES)
            while piece := await self._bounded(anext(stream, None)):
                yield bytes(piece)

    async def stat(self, key: str) -> BlobStat:
        """Size and time of a blob."""
        with translated(key):
            found = await self._bounded(obstore.head_async(self._store, to_name(key)))
        return BlobStat(key, found["size"], found["last_modified"])

    async def delete(self, key: str) -> None:
        """Remove a blob. Idempotent."""
        name = to_name(key)
        with translated(key):
            try:
                await self._bounded(obstore.delete_async(self._store, name))
            except FileNotFoundError:
                return

    async def list_blobs(self, prefix: str = "") -> AsyncIterator[BlobStat]:
        """Every blob whose key begins with `prefix`."""
        folder, _, _ = prefix.rpartition("/")
        with translated(prefix):
            stream = obstore.list(self._store, to_name(folder) if folder else None, chunk_size=_LISTED_AT_ONCE)
            while batch := await self._bounded(anext(stream, None)):
                for found in batch:
                    key = to_key(found["path"])
                    if key.startswith(prefix):
                        yield BlobStat(key, found["size"], found["last_modified"])

    async def _put_parts(self, key: str, name: str, upload: Upload) -> None:
        try:
            with translated(key):
                async with upload.progressing() as pieces:
                    await obstore.put_async(
                        self._store, name, pieces, chunk_size=self._part_bytes, max_concurrency=_PARTS_AT_ONCE
                    )
        except BlobStoreUnavailable:
            if upload.failure is not None:
                raise upload.failure from None
            raise

    async def _bounded(self, call: Awaitable[Value]) -> Value:
        async with asyncio.timeout(self._timeout_s):
            return await call


def _open(url: str, timeout_s: float) -> ObjectStore:
    if url.startswith("file:"):
        return LocalStore.from_url(url, automatic_cleanup=True, mkdir=True)
    limit = timedelta(seconds=timeout_s)
    return from_url(
        url, client_options={"timeout": limit, "connect_timeout": limit}, retry_config={"retry_timeout": limit}
    )
