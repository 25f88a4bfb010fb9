"""Files as they were received."""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from ragstone.kit.problem import Kind, Problem


class BlobStoreUnavailable(Problem):
    """The blob store cannot be read or written: disk full, read-only, or its server down."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "blob_store_unavailable"


class BlobNotFound(Problem):
    """There is no blob under the key. The relational store says there should be: run the doctor."""

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "blob_not_found"


@dataclass(frozen=True, slots=True)
class BlobStat:
    """A stored blob."""

    key: str
    size_bytes: int
    modified_at: datetime


class BlobStore(Protocol):
    """Immutable byte strings under slash-separated keys.

    A key is written once. A blob is there whole or not at all, also after a crash in the middle of `put`.
    Every method raises `BlobStoreUnavailable`.
    """

    async def put(self, key: str, content: AsyncIterable[bytes]) -> BlobStat:
        """Store the content, never holding more than a few pieces of it in memory. On error nothing is kept."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes `[start, end)` in pieces. Raises `BlobNotFound`."""
        ...

    async def stat(self, key: str) -> BlobStat:
        """Size and time of a blob. Raises `BlobNotFound`."""
        ...

    async def delete(self, key: str) -> None:
        """Remove a blob. Idempotent."""
        ...

    def list_blobs(self, prefix: str = "") -> AsyncIterator[BlobStat]:
        """Every blob whose key begins with `prefix`, in any order."""
        ...
