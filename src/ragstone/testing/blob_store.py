"""What every `BlobStore` must do.

Subclass the suite in a test module, give it the fixture `store`, and run pytest with the anyio plugin:

    class TestMyStore(BlobStoreContract):
        @pytest.fixture
        def store(self) -> BlobStore:
            return MyStore()
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from ragstone.ports.blob_store import BlobNotFound, BlobStore

_LARGE = bytes(range(256)) * 40_000  # More than any store takes in one part.
_CONTENTS = (b"", b"x", b"a few words", _LARGE)


class BlobStoreContract:
    """Byte strings that are there whole or not at all."""

    @pytest.fixture
    def store(self) -> BlobStore:
        """An empty store."""
        raise NotImplementedError

    @pytest.mark.parametrize("content", _CONTENTS, ids=len)
    async def test_a_blob_comes_back_byte_by_byte(self, store: BlobStore, content: bytes) -> None:
        """Empty and large ones too."""
        stat = await store.put("ten_1/doc_1", pieces_of(content))
        assert (stat.key, stat.size_bytes) == ("ten_1/doc_1", len(content))
        assert await read_all(store, "ten_1/doc_1") == content

    @pytest.mark.parametrize(
        ("start", "end"), [(0, 5), (3, 7), (3, None), (0, 100), (0, 0), (5, 5), (11, None), (50, 60), (100, None)]
    )
    async def test_a_range_is_the_slice_of_the_whole(self, store: BlobStore, start: int, end: int | None) -> None:
        """Half-open, and cut at the end of the blob."""
        await store.put("ten_1/doc_1", pieces_of(b"hello world"))
        assert await read_all(store, "ten_1/doc_1", start, end) == b"hello world"[start:end]

    async def test_a_range_in_the_middle_of_a_large_blob(self, store: BlobStore) -> None:
        """Across the borders of its parts."""
        await store.put("ten_1/doc_1", pieces_of(_LARGE))
        assert await read_all(store, "ten_1/doc_1", 1_000_001, 9_000_007) == _LARGE[1_000_001:9_000_007]

    async def test_a_blob_tells_its_size_and_time(self, store: BlobStore) -> None:
        """In UTC."""
        put = await store.put("ten_1/doc_1", pieces_of(b"hello"))
        stat = await store.stat("ten_1/doc_1")
        assert stat == put
        assert abs(stat.modified_at - datetime.now(UTC)) < timedelta(minutes=5)

    async def test_what_is_not_there_is_told_by_its_key(self, store: BlobStore) -> None:
        """Whichever way it is asked for."""
        for call in (
            store.stat("ten_1/absent"),
            read_all(store, "ten_1/absent"),
            read_all(store, "ten_1/absent", 1, 1),
        ):
            with pytest.raises(BlobNotFound) as caught:
                await call
            assert caught.value.facts["key"] == "ten_1/absent"

    async def test_deleting_removes_one_blob_and_may_be_repeated(self, store: BlobStore) -> None:
        """Neighbours stay."""
        for key in ("ten_1/doc_1", "ten_1/doc_10"):
            await store.put(key, pieces_of(b"hello"))
        await store.delete("ten_1/doc_1")
        await store.delete("ten_1/doc_1")
        assert await keys_of(store) == {"ten_1/doc_10"}

    async def test_listing_goes_by_the_beginning_of_the_key(self, store: BlobStore) -> None:
        """A prefix need not end at a slash."""
        keys = {"ten_1/doc_1/original", "ten_1/doc_1/text", "ten_1/doc_2/original", "ten_10/doc_1/original", "top"}
        for key in keys:
            await store.put(key, pieces_of(b"hello"))
        assert await keys_of(store) == keys
        for prefix in ("ten_1/", "ten_1", "ten_1/doc_1/", "ten_1/doc_", "ten_1/doc_1/t", "nowhere/at/all", "to"):
            assert await keys_of(store, prefix) == {key for key in keys if key.startswith(prefix)}

    @pytest.mark.parametrize(
        "name",
        [
            "with space",
            "percent%2Fsign",
            "hash#1",
            "#7",
            "question?",
            "back\\slash",
            "colon:*|<>",
            "كتاب 📚",
            ".hidden",
            "~",
        ],
    )
    async def test_odd_names_are_kept_apart_and_come_back_as_they_were(self, store: BlobStore, name: str) -> None:
        """Through every call."""
        key = f"ten_1/{name}"
        await store.put(key, pieces_of(b"hello"))
        assert (await store.stat(key)).key == key
        assert await keys_of(store, key) == {key}
        await store.delete(key)
        assert await keys_of(store) == set()

    @pytest.mark.parametrize("size_bytes", [10, len(_LARGE)])
    async def test_a_sender_that_fails_leaves_nothing_behind(self, store: BlobStore, size_bytes: int) -> None:
        """Its own error comes out."""
        with pytest.raises(ConnectionResetError, match="the sender is gone"):
            await store.put("ten_1/doc_1", breaking_after(size_bytes))
        assert await keys_of(store) == set()

    async def test_a_put_that_is_cancelled_leaves_nothing_behind(self, store: BlobStore) -> None:
        """Also in the middle of a large one."""
        held = asyncio.Event()

        async def never_ending() -> AsyncIterator[bytes]:
            async for piece in pieces_of(_LARGE):
                yield piece
            held.set()
            await asyncio.Event().wait()

        put = asyncio.create_task(store.put("ten_1/doc_1", never_ending()))
        await held.wait()
        assert await keys_of(store) == set()
        put.cancel()
        with pytest.raises(asyncio.CancelledError):
            await put
        assert await keys_of(store) == set()

    async def test_many_blobs_may_be_put_at_once(self, store: BlobStore) -> None:
        """Each whole."""
        await asyncio.gather(*(store.put(f"ten_1/doc_{n}", pieces_of(b"%d" % n * 1000)) for n in range(20)))
        for number in range(20):
            assert await read_all(store, f"ten_1/doc_{number}") == b"%d" % number * 1000


async def pieces_of(content: bytes, size_bytes: int = 65_536) -> AsyncIterator[bytes]:
    """The content as a sender gives it."""
    for start in range(0, len(content), size_bytes):
        yield content[start : start + size_bytes]


async def breaking_after(size_bytes: int) -> AsyncIterator[bytes]:
    """A sender that fails once it has sent so much."""
    async for piece in pieces_of(_LARGE[:size_bytes]):
        yield piece
    raise ConnectionResetError("the sender is gone")


async def read_all(store: BlobStore, key: str, start: int = 0, end: int | None = None) -> bytes:
    """All pieces of a range, joined."""
    return b"".join([piece async for piece in store.read(key, start, end)])


async def keys_of(store: BlobStore, prefix: str = "") -> set[str]:
    """The keys a listing gives."""
    return {stat.key async for stat in store.list_blobs(prefix)}
