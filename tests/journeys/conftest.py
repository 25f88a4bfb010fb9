"""One server and one ingested sample corpus per database, shared by all journeys."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.api import Api
from tests.journeys.server import Server
from tests.postgres import new_postgres

from ragstone.samples import SampleDocument, sample_documents

StartServer = Callable[[Mapping[str, str]], Server]


@dataclass(frozen=True)
class Corpus:
    """The sample documents as the server took them in, by file name."""

    collection_id: str
    job: dict[str, Any]
    documents: dict[str, dict[str, Any]]
    samples: dict[str, SampleDocument]


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server. In CI a Postgres that is not there is a failure, not a reason to skip."""
    with contextlib.ExitStack() as stack:
        settings = {}
        if request.param == "postgres":
            settings["RAGSTONE_DATABASE__URL"] = stack.enter_context(new_postgres(is_migrated=False))
        server = Server(tmp_path_factory.mktemp(request.param) / "data", settings)
        server.spawn()
        stack.callback(server.kill)
        server.wait_until_ready()
        yield server
        assert server.stop() == 0, server.log_path.read_text()[-2000:]


@pytest.fixture(scope="session")
def api(server: Server) -> Iterator[Api]:
    """The administrator's view of the shared server."""
    with Api(server.wait_until_ready()) as client:
        yield client


@pytest.fixture(scope="session")
def corpus(api: Api) -> Corpus:
    """The sample corpus, uploaded and read."""
    samples = {sample.name: sample for sample in sample_documents()}
    collection_id = api.collection("samples")
    files = [(sample.name, sample.content) for sample in samples.values()]
    receipt = api.upload(collection_id, *files, tags='["sample"]', metadata='{"source": "samples", "year": 2025}')
    job = api.finished(receipt["job"])
    assert job["status"] == "succeeded", job
    ready = {item["filename"]: item for item in api.pages("/documents", collection_id=collection_id)}
    return Corpus(collection_id, job, ready, samples)


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers of a test's own, all on one data folder of their own, and ends them with the test."""
    with contextlib.ExitStack() as stack:

        def start(settings: Mapping[str, str]) -> Server:
            server = Server(tmp_path / "data", settings)
            server.spawn()
            stack.callback(server.kill)
            return server

        yield start
