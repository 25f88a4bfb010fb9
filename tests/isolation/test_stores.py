"""No store function tells a tenant that another one is there, or lets it touch what is not its own."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.isolation.difference import Worlds, store_functions, unknown_parameters
from tests.isolation.world import make_world


@pytest.fixture
async def worlds(tmp_path: Path) -> AsyncIterator[Worlds]:
    with closing(Worlds(*await make_world(tmp_path))) as found:
        yield found


def test_every_store_function_can_be_asked() -> None:
    """A new one is covered by itself, or says here which parameter nobody knows what to give for."""
    functions = store_functions()
    assert len(functions) > 80
    assert unknown_parameters(functions) == []


async def test_a_tenant_cannot_tell_whether_another_is_there(worlds: Worlds) -> None:
    assert list(worlds.differences(store_functions())) == []
