"""The canary is heard wherever an index lets something through."""

import pytest

from ragstone.ports.index_canary import IndexLeaks, prove_isolation
from ragstone.testing.leaky_index import Leak, LeakyIndex


@pytest.mark.parametrize("leak", [leak for leak in Leak if leak is not Leak.NONE])
async def test_an_index_that_leaks_is_refused(leak: Leak) -> None:
    index = LeakyIndex(leak)
    with pytest.raises(IndexLeaks):
        await prove_isolation(index)
    assert await index.list_spaces() == ()


async def test_an_index_that_keeps_tenants_apart_is_not() -> None:
    await prove_isolation(LeakyIndex(Leak.NONE))
