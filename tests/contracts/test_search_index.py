"""The contract of `SearchIndex`, held by the embedded index."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ragstone.backends.index_edge.index import EdgeIndex
from ragstone.testing.search_index import (
    SearchIndexCounting,
    SearchIndexFiltering,
    SearchIndexSearching,
    SearchIndexSpaces,
    SearchIndexWriting,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index")


@pytest.fixture
async def index(root: Path) -> AsyncIterator[EdgeIndex]:
    """An emptied index; the process outlives the pause between two tests."""
    async with EdgeIndex(root, grace_s=1) as edge:
        for space in await edge.list_spaces():
            await edge.drop(space)
        yield edge


class TestEdgeWriting(SearchIndexWriting):
    pass


class TestEdgeSearching(SearchIndexSearching):
    pass


class TestEdgeFiltering(SearchIndexFiltering):
    pass


class TestEdgeCounting(SearchIndexCounting):
    pass


class TestEdgeSpaces(SearchIndexSpaces):
    pass
