"""The blob store contract, bound to files and to the in-memory form of the cloud stores."""

from pathlib import Path

import pytest

from ragstone.backends.blobs.store import ObjectBlobStore
from ragstone.ports.blob_store import BlobStore
from ragstone.testing.blob_store import BlobStoreContract


class TestFiles(BlobStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> BlobStore:
        return ObjectBlobStore((tmp_path / "a folder % of blobs").as_uri(), timeout_s=30)


class TestMemory(BlobStoreContract):
    @pytest.fixture
    def store(self) -> BlobStore:
        return ObjectBlobStore("memory:///", timeout_s=30)
