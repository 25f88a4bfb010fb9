"""No server anywhere: every command works on the data folder by itself."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

ARABIC = "تنظف عدسة المنارة كل صباح بعد الشروق بساعة."
HARBOUR = "# Harbour rules\n\n## Speed\n\nThe speed limit in the harbour is four knots.\n"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    (folder / "harbour.md").write_text(HARBOUR)
    (folder / "lens.txt").write_text(ARABIC)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 this is no PDF")
    (folder / ".hidden.md").write_text("hidden")
    records = [{"text": f"Ferry number {number} leaves at noon.", "external_id": str(number)} for number in range(3)]
    (folder / "ferries.ndjson").write_text("\n".join(map(json.dumps, records)))
    return folder


@pytest.fixture(scope="module")
def ingested(papers: Path, tmp_path_factory: pytest.TempPathFactory, make_cli: Any) -> tuple[Any, Any]:
    """A data folder with a few documents in the collection `port`, and what ingesting them said."""
    cli = make_cli(tmp_path_factory.mktemp("local") / "data")
    words = ("--collection", "port", "--tag", "port", "--metadata", "source=paper", "--json")
    return cli, cli("ingest", papers, *words)


@pytest.fixture(scope="module")
def filled(ingested: tuple[Any, Any]) -> Any:
    return ingested[0]


def test_ingesting_a_folder_tells_of_each_failure_and_of_what_was_skipped(ingested: tuple[Any, Any]) -> None:
    _, ran = ingested
    assert ran.exit_code == 1
    result = ran.json()
    assert [Path(item["name"]).name for item in result["failures"]] == ["broken.pdf"]
    assert result["failures"][0]["title"]
    assert {Path(path).name for path in result["skipped"]} == {".hidden.md", "ferries.ndjson"}
    assert ran.err == ""


def test_records_are_streamed(filled: Any, papers: Path) -> None:
    ran = filled("ingest", papers / "ferries.ndjson", "-c", "port", "--json")
    assert ran.exit_code == 0, ran.err
    (job,) = ran.json()["jobs"]
    assert job["progress"]["total"] == 3


def test_what_was_ingested_is_found_with_its_place(filled: Any) -> None:
    shown = filled("search", "speed limit", "--collection", "port", "--mode", "lexical", "--limit", "1", "--explain")
    assert shown.exit_code == 0, shown.err
    for part in ("score", "Harbour rules", "Speed", "bytes", "four knots", "lexical_rank 1"):
        assert part in shown.out


def test_a_filter_is_json(filled: Any) -> None:
    tree = {"field": "metadata.source", "op": "eq", "value": "elsewhere"}
    assert filled("search", "speed", "--filter", json.dumps(tree), "--json").json()["results"] == []
    assert filled("search", "speed", "--filter", "{").exit_code == 2
    assert filled("search", "speed", "--filter", '{"field": "colour", "op": "eq", "value": 1}').exit_code == 2


@pytest.mark.parametrize("how", ["--stream", "--no-stream"])
def test_an_answer_is_shown_with_citations_that_are_checked_again(filled: Any, how: str) -> None:
    shown = filled("ask", "What is the speed limit in the harbour?", "--verify", how)
    assert shown.exit_code == 0, shown.err
    assert shown.out.count("“The speed limit in the harbour is four knots.”") == 1
    for part in ("[1]", "Harbour rules", "bytes", "checked again: verified"):
        assert part in shown.out


def test_an_arabic_answer_comes_out_in_logical_order(filled: Any) -> None:
    assert ARABIC in filled("ask", "متى تنظف عدسة المنارة؟").out


def test_a_question_without_an_answer_is_refused_kindly(filled: Any) -> None:
    shown = filled("ask", "Who won the chess tournament in Reykjavik?")
    assert shown.exit_code == 0
    assert "do not say enough" in shown.out


def test_documents_are_listed_read_and_deleted(filled: Any) -> None:
    page = filled("documents", "list", "-c", "port", "--tag", "port", "--json").json()
    by_name = {item["filename"]: item for item in page["items"]}
    assert by_name["harbour.md"]["metadata"] == {"source": "paper"}
    document = by_name["lens.txt"]["id"]
    assert filled("documents", "text", document).out == f"{ARABIC}\n"
    assert filled("documents", "chunks", document, "--json").json()["items"][0]["text"] == ARABIC
    labelled = filled(
        "documents", "label", document, "--title", "Lens", "-t", "glass", "-m", "source=", "--json"
    ).json()
    (shown,) = labelled["items"]
    assert (shown["title"], "glass" in shown["tags"], "source" in shown["metadata"]) == ("Lens", True, False)
    both = [document, by_name["harbour.md"]["id"]]
    assert len(filled("documents", "label", *both, "--untag", "glass", "--json").json()["items"]) == 2
    assert filled("documents", "label", *both, "--title", "One for both").exit_code == 2
    assert filled("documents", "delete", by_name["broken.pdf"]["id"], "--yes").exit_code == 0
    assert filled("documents", "show", by_name["broken.pdf"]["id"]).exit_code == 5


def test_jobs_are_listed_and_followed(filled: Any, tmp_path: Path) -> None:
    (tmp_path / "buoy.txt").write_text("The buoy is red.")
    assert filled("ingest", tmp_path / "buoy.txt", "-c", "buoys").exit_code == 0
    jobs = filled("jobs", "list", "--json").json()["items"]
    succeeded = next(job["id"] for job in jobs if job["status"] == "succeeded")
    failed = next(job["id"] for job in jobs if job["status"] == "failed")
    assert filled("jobs", "watch", succeeded).exit_code == 0
    assert filled("jobs", "watch", failed).exit_code == 1
    assert filled("jobs", "cancel", failed).exit_code == 6


def test_all_jobs_are_followed_until_none_is_open(cli: Any, tmp_path: Path) -> None:
    for name in ("pier", "quay"):
        (tmp_path / f"{name}.txt").write_text(f"The {name} was mended.")
        ingested = cli("ingest", tmp_path / f"{name}.txt", "--no-wait", "--json").json()
        assert ingested["jobs"][0]["state"] == "queued"
    ran = cli("jobs", "watch", "--json")
    assert ran.exit_code == 0
    assert all(job["status"] == "succeeded" for job in ran.json()["items"])
    listed = cli("jobs", "list", "--status", "succeeded", "--status", "failed", "--kind", "documents.ingest", "--json")
    assert [job["state"] for job in listed.json()["items"]] == ["succeeded"] * 2
    assert cli("jobs", "list", "--kind", "documents.purge", "--json").json()["items"] == []


def test_collections_are_made_shown_and_deleted(cli: Any) -> None:
    made = cli("collections", "create", "wharf", "--description", "papers", "--json").json()
    assert cli("collections", "show", "wharf", "--json").json() == made
    assert cli("collections", "delete", "wharf").exit_code == 1, "nobody is there to say yes"
    assert cli("collections", "delete", made["id"], "--yes").exit_code == 0
    missing = cli("collections", "show", "wharf")
    assert missing.exit_code == 5
    assert "“wharf”" in missing.err


def test_a_new_data_folder_is_pointed_out(cli: Any) -> None:
    assert "new data folder" in cli("collections", "list").err
    assert cli("collections", "list").err == ""


def test_a_folder_given_by_flag_beats_a_server_given_by_the_environment(cli: Any, tmp_path: Path) -> None:
    elsewhere = {"RAGSTONE_URL": "http://127.0.0.1:9", "RAGSTONE_API_KEY": "for that server"}
    ran = cli("collections", "list", "--data-dir", tmp_path / "other", "--json", **elsewhere)
    assert (ran.exit_code, ran.json()["items"]) == (0, [])


def test_the_schema_is_migrated_and_checked(cli: Any) -> None:
    cli.data_dir.mkdir()
    assert cli("migrate", "--check").exit_code == 1
    assert cli("migrate", "--json").json()["pending"] == []
    assert cli("migrate", "--check").exit_code == 0


def test_settings_are_shown_with_their_source_and_without_secrets(cli: Any) -> None:
    secret = "a-secret-of-thirty-two-characters!"
    shown = cli("settings", "show", "--explain", "--data-dir", "/elsewhere", RAGSTONE_AUTH__BOOTSTRAP_KEY=secret)
    assert secret not in shown.out
    assert "environment RAGSTONE_AUTH__BOOTSTRAP_KEY" in shown.out
    assert any("/elsewhere" in line and "flag" in line for line in shown.out.splitlines())


def test_models_are_listed_and_an_unknown_one_is_refused(cli: Any) -> None:
    assert cli("models", "list", "--json").json()[0]["model"] == "all-MiniLM-L6-v2"
    assert cli("models", "install", "no-such-model").exit_code == 2


def test_the_doctor_finds_nothing_in_a_sound_folder_and_reset_empties_it(make_cli: Any, tmp_path: Path) -> None:
    cli = make_cli(tmp_path / "data")
    (tmp_path / "note.md").write_text(HARBOUR)
    assert cli("ingest", tmp_path / "note.md").exit_code == 0
    report = cli("doctor", "--json")
    assert (report.exit_code, report.json()["is_clean"]) == (0, True)
    assert cli("reset").exit_code == 1, "nobody is there to say yes"
    assert cli("reset", "--yes").exit_code == 0
    assert [path.name for path in cli.data_dir.iterdir()] == ["serve.lock"]


def test_a_folder_that_is_not_ours_is_never_emptied(cli: Any) -> None:
    cli.data_dir.mkdir()
    precious = cli.data_dir / "precious.txt"
    precious.write_text("mine")
    refused = cli("reset", "--yes")
    assert refused.exit_code == 6
    assert "Nothing was deleted" in refused.err
    assert precious.exists()


def test_data_that_is_elsewhere_is_not_half_deleted(cli: Any) -> None:
    assert cli("reset", "--yes", RAGSTONE_BLOBS__URL="file:///srv/blobs").exit_code == 6


def test_there_must_be_something_to_ingest(cli: Any, tmp_path: Path) -> None:
    assert cli("ingest", tmp_path).exit_code == 2
    assert cli("ingest", tmp_path / "missing.md").exit_code == 2


def test_the_model_on_a_server_is_tested_with_one_sentence(cli: Any, httpserver: HTTPServer) -> None:
    reply = {"data": [{"index": 0, "embedding": [3.0, 4.0]}]}
    httpserver.expect_request("/v1/embeddings", method="POST").respond_with_json(reply)
    remote = {
        "RAGSTONE_EMBEDDING__PROVIDER": "openai",
        "RAGSTONE_EMBEDDING__MODEL": "my-model",
        "RAGSTONE_EMBEDDING__BASE_URL": httpserver.url_for("/v1"),
    }
    shown = cli("models", "test", "--json", **remote)
    assert (shown.exit_code, shown.json()["model"], shown.json()["dimensions"]) == (0, "my-model", 2)
    httpserver.clear()
    refused = cli("models", "test", **remote)
    assert refused.exit_code != 0
    assert "my-model at localhost" in refused.err


def test_a_test_of_no_model_fails(cli: Any) -> None:
    assert cli("models", "test", RAGSTONE_EMBEDDING__PROVIDER="none").exit_code != 0
