"""Spaces inside the process: opened, evicted, rebuilt."""

import asyncio
from pathlib import Path

import pytest

from ragstone.backends.index_edge.fields import lower, payload
from ragstone.backends.index_edge.layout import Layout
from ragstone.backends.index_edge.rebuild import is_worth_rebuilding, rebuild
from ragstone.backends.index_edge.shard import Shard
from ragstone.backends.index_edge.space import DimensionsDiffer, Space
from ragstone.backends.index_edge.spaces import Spaces
from ragstone.ports.search_index import IndexSpace
from ragstone.testing.search_index import chunk_id, field_equals

Travelling = list[object]


def travelling(number: int) -> Travelling:
    """A point of a space of words as it arrives."""
    return [chunk_id(number), None, b"\1\0\0\0", b"\0\0\x80\x3f", payload(chunk_id(number), {"filename": f"f{number}"})]


def tenant(number: int) -> IndexSpace:
    return IndexSpace(f"tenant_{number}", "words", 0)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.prepare()
    return layout


async def test_only_so_many_spaces_stay_open_and_none_loses_anything(layout: Layout) -> None:
    spaces = Spaces(layout, max_open=2)
    for number in range(1, 6):
        spaces.make(tenant(number)).upsert([travelling(number)])
    assert [space.folder.parent.name for space in spaces.iter_open()] == ["tenant_4", "tenant_5"]
    for number in range(1, 6):
        space = spaces.find(tenant(number))
        assert space is not None
        assert space.shard.scan(None, 9)[0][0] == chunk_id(number)
    spaces.close()


async def test_a_space_being_written_to_is_not_closed(layout: Layout) -> None:
    spaces = Spaces(layout, max_open=1)
    first = spaces.make(tenant(1))
    async with first.write_lock:
        spaces.make(tenant(2))
        assert next(spaces.iter_open()) is first
        first.upsert([travelling(1)])
    spaces.close()


async def test_a_space_keeps_its_dimensions(layout: Layout) -> None:
    spaces = Spaces(layout, max_open=2)
    spaces.make(tenant(1))
    with pytest.raises(DimensionsDiffer):
        spaces.make(IndexSpace("tenant_1", "words", 8))
    spaces.close()


async def test_a_rebuild_keeps_what_is_written_meanwhile(layout: Layout) -> None:
    space = Space(layout.space("tenant_1", "words"), 0)
    space.upsert([travelling(number) for number in range(1, 101)])
    original = space.shard.path
    rebuilding = asyncio.create_task(rebuild(space))
    while space.journal is None:  # noqa: ASYNC110  # Reason: a rebuild tells nobody that it has begun.
        await asyncio.sleep(0)
    space.upsert([travelling(number) for number in range(101, 121)])
    space.delete(lower(field_equals("filename", "f7")))
    assert await rebuilding
    expected = {chunk_id(number) for number in range(1, 121)} - {chunk_id(7)}
    rebuilt = space.shard.path
    assert rebuilt != original
    assert space.unoptimized == 21
    assert {entry[0] for entry in space.shard.scan(None, 1000)} == expected
    space.close()
    again = Space(layout.space("tenant_1", "words"), 0)
    assert {entry[0] for entry in again.shard.scan(None, 1000)} == expected
    assert list(again.folder.glob("shard_*")) == [rebuilt]
    again.close()


async def test_a_rebuild_given_up_leaves_the_space_as_it_was(layout: Layout) -> None:
    space = Space(layout.space("tenant_1", "words"), 0)
    space.upsert([travelling(1)])
    rebuilding = asyncio.create_task(rebuild(space))
    while space.journal is None:  # noqa: ASYNC110  # Reason: a rebuild tells nobody that it has begun.
        await asyncio.sleep(0)
    rebuilding.cancel()
    await asyncio.gather(rebuilding, return_exceptions=True)
    assert list(space.folder.glob("shard_*")) == [space.shard.path]
    assert space.shard.count(None) == 1
    space.close()


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_half_made_shard_is_removed_when_the_space_opens(layout: Layout, *, is_first: bool) -> None:
    folder = layout.space("tenant_1", "words")
    if not is_first:
        Space(folder, 0).close()
    (folder / "shard_2").mkdir(parents=True)
    space = Space(folder, 0)
    assert list(folder.glob("shard_*")) == [space.shard.path]
    space.close()


async def test_a_space_whose_marker_is_damaged_is_left_alone(layout: Layout) -> None:
    folder = layout.space("tenant_1", "words")
    Space(folder, 0).close()
    (folder / "space.json").write_text("{")
    with pytest.raises(KeyError):
        Space(folder, 0)
    assert len(list(folder.glob("shard_*"))) == 1


async def test_slots_beyond_the_indexed_ones_are_filtered_and_counted_as_well(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ragstone.backends.index_edge.shard.MAX_INDEXED_SLOTS", 0)
    shard = Shard.create(layout.space("tenant_1", "words") / "shard_1", 0)
    slots = [payload(chunk_id(n), {"tag": ("a", "b") if n % 2 else ("a",), "size_bytes": n}) for n in range(1, 5)]
    shard.upsert([(chunk_id(n), None, [1], [1.0], slot) for n, slot in enumerate(slots, start=1)])
    assert shard.facets("tag", None, 5) == [("sa", 4), ("sb", 2)]
    assert shard.count(lower(field_equals("tag", "b"))) == 2
    assert shard.count(lower(field_equals("size_bytes", 3.0))) == 1
    shard.close()


@pytest.mark.parametrize(
    ("points", "unoptimized", "quiet_s", "expected"),
    [
        (100_000, 19_999, 60, False),
        (100_000, 20_000, 60, True),
        (100_000, 49_999, 0, False),
        (100_000, 50_000, 0, True),
        (1_000_000, 100_000, 0, False),
    ],
)
def test_graphs_are_built_when_it_is_quiet_or_overdue(
    points: int, unoptimized: int, quiet_s: float, *, expected: bool
) -> None:
    assert is_worth_rebuilding(points, unoptimized, quiet_s) is expected
