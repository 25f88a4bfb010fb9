"""Collections that are re-indexed or move to another embedding model, from the command line."""

from collections.abc import Iterator
from typing import Any

import pytest

SECOND_MODEL = {
    "RAGSTONE_EMBEDDERS__OTHER__PROVIDER": "onnx",
    "RAGSTONE_EMBEDDERS__OTHER__PASSAGE_PREFIX": "passage: ",
}


@pytest.fixture(scope="module")
def run(make_cli: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Commands for a server with two models and two collections of one document each."""
    folder = tmp_path_factory.mktemp("moves")
    (folder / "leave.md").write_text("# Leave\n\nParental leave lasts sixteen weeks.")
    (folder / "travel.md").write_text("# Travel\n\nTrains are paid for.")
    with make_cli(folder / "data", SECOND_MODEL).serving() as command:
        for name, collection in (("leave.md", "papers"), ("travel.md", "more")):
            ingested = command("ingest", folder / name, "-c", collection)
            assert ingested.exit_code == 0, ingested.err
        yield command


def model_of(run: Any, collection: str) -> str:
    return str(run("collections", "show", collection, "--json").json()["embedding_model"])


def test_a_collection_moves_to_another_model_and_back_and_the_way_back_can_be_given_up(run: Any) -> None:
    before = model_of(run, "papers")
    moved = run("collections", "move", "papers", "--to", "other", "--yes")
    assert moved.exit_code == 0, moved.err
    assert "passages to embed 1" in moved.err, "it says first what it takes"
    assert model_of(run, "papers") == "other"
    assert run("collections", "rollback", "papers").exit_code == 0
    assert model_of(run, "papers") == before
    assert run("collections", "drop-previous", "papers", "--yes").exit_code == 0
    refused = run("collections", "rollback", "papers")
    assert refused.exit_code == 6, refused.err
    found = run("search", "how long is parental leave", "--json").json()["results"]
    assert found[0]["document_title"] == "Leave"


def test_a_move_to_a_model_nobody_knows_is_refused_with_the_names_there_are(run: Any) -> None:
    refused = run("collections", "move", "papers", "--to", "unheard-of", "--yes")
    assert refused.exit_code != 0
    assert "unheard-of" in refused.err
    assert "other" in refused.err


def test_the_use_of_models_is_told(run: Any) -> None:
    used = run("embeddings", "usage", "--json")
    assert used.exit_code == 0, used.err
    assert sum(item["texts"] for item in used.json()["items"]) >= 2, "each document is one passage"


def test_everything_is_read_again_by_one_command(run: Any) -> None:
    again = run("collections", "reindex", "--all", "--json")
    assert again.exit_code == 0, again.err
    assert [job["status"] for job in again.json()["items"]] == ["succeeded", "succeeded"]
    assert run("collections", "reindex").exit_code == 2, "neither one nor all is no order"
    assert run("collections", "reindex", "more", "--all").exit_code == 2
