"""One server for each database, on which nothing is held back."""

import asyncio
import contextlib
import os
from collections.abc import Iterator

import pytest
from tests.fuzz.world import SECRET_TEXT, STRANGER, World, make_keys
from tests.journeys.server import Server
from tests.postgres import new_postgres

_IS_WANTED = bool(os.environ.get("RAGSTONE_FUZZ"))
SETTINGS = {"RAGSTONE_EMBEDDING__PROVIDER": "none", "RAGSTONE_LIMITS__ENABLED": "false"}


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def fuzzed_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if not _IS_WANTED:
        pytest.skip("it takes minutes: `make fuzz` does it")
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(new_postgres(is_migrated=False)) if request.param == "postgres" else None
        database = {"RAGSTONE_DATABASE__URL": url} if url else {}
        server = Server(tmp_path_factory.mktemp(f"fuzz-{request.param}") / "data", SETTINGS | database)
        server.spawn()
        stack.callback(server.kill)
        address = server.wait_until_ready()
        world = World(address, server.data_dir, asyncio.run(make_keys(server.data_dir, url)))
        with world.api(STRANGER) as api:
            api.ingest(api.collection("log"), {"text": SECRET_TEXT, "title": "Log"})
        yield world
        assert "Traceback" not in server.log_path.read_text(), server.log_path.read_text()[-5000:]
        assert server.stop() == 0


@pytest.fixture
def world(fuzzed_server: World) -> World:
    return fuzzed_server
