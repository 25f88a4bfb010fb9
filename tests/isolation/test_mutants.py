"""Some of what `make mutation-test` does with all of them: a filter that is gone is noticed."""

from contextlib import closing
from pathlib import Path

from tests.isolation.difference import Worlds
from tests.isolation.mutants import mutants
from tests.isolation.run import noticer
from tests.isolation.world import make_world

SLICE = (
    "collections.store:",
    "documents.chunk_store:",
    "documents.intake.upload:",
    "jobs.outlook_store:",
    "search.question:",
)


async def test_a_filter_that_is_taken_out_is_noticed(tmp_path: Path) -> None:
    chosen = [one for one in mutants() if any(place in str(one) for place in SLICE) and "others" not in one.function]
    assert len(chosen) > 12
    with closing(Worlds(*await make_world(tmp_path))) as worlds:
        notice = noticer(worlds)
        assert [str(one) for one in chosen if notice(one) is None] == []
