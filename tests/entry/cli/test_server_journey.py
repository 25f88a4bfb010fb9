"""A server runs on the data folder: the commands find it and use it."""

import json
import signal
import threading
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


def test_the_tour_goes_as_it_should_and_can_be_taken_twice(served: Any) -> None:
    first, second = served("tour", "--json"), served("tour")
    assert first.exit_code == 0, first.err
    assert [stop["as_expected"] for stop in first.json()] == [True, True, True]
    assert second.exit_code == 0, second.err
    assert "3 of 3 questions went as they should." in second.out
    assert "checked again: verified" in second.out


def test_seeding_again_adds_nothing(served: Any) -> None:
    assert served("seed").exit_code == 0
    again = served("seed", "--json")
    assert (again.exit_code, again.json()["jobs"]) == (0, [])
    assert len(served("documents", "list", "-c", "handbook", "--json").json()["items"]) == 13


def test_a_server_is_found_by_its_folder_and_by_its_url(served: Any) -> None:
    url = json.loads((served.data_dir / "server.json").read_text())["url"]
    key = (served.data_dir / "admin.key").read_text()
    elsewhere = {"RAGSTONE_DATA_DIR": "/nowhere", "RAGSTONE_URL": url, "RAGSTONE_API_KEY": key}
    local, remote = served("collections", "list", "--json"), served("collections", "list", "--json", **elsewhere)
    assert (remote.exit_code, remote.json()) == (0, local.json())
    assert served("collections", "list", "--url", url).exit_code == 3, "a kept key is not sent to a URL that is given"


def test_what_needs_the_folder_to_itself_is_refused_while_a_server_runs(served: Any) -> None:
    for words in (
        ("reset", "--yes"),
        ("doctor",),
        ("serve", "--port", "0"),
        ("secrets", "rotate"),
    ):
        refused = served(*words)
        assert refused.exit_code == 6
        assert "Another ragstone works on" in refused.err


def test_an_upload_need_not_be_waited_for(served: Any, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# Note\n\nA note.")
    accepted = served("ingest", tmp_path / "note.md", "--no-wait", "--json")
    assert accepted.exit_code == 0, accepted.err
    (job,) = accepted.json()["jobs"]
    assert served("jobs", "watch", job["id"]).exit_code == 0


def test_a_file_that_is_refused_does_not_keep_the_others_out(served: Any, tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Good\n\nThis is good.")
    (tmp_path / "rows.ndjson").write_text('{"text": "fine"}\n{"txt": "not fine"}\n')
    ran = served("ingest", tmp_path / "good.md", tmp_path / "rows.ndjson", "-c", "mixed", "--json")
    assert ran.exit_code == 1
    (failure,) = ran.json()["failures"]
    assert Path(failure["name"]).name == "rows.ndjson"
    assert "2" in failure["detail"], "the line is named"
    assert len(served("documents", "list", "-c", "mixed", "--json").json()["items"]) == 1


def test_ctrl_c_ends_with_130_and_no_traceback(cli: Any, httpserver: HTTPServer) -> None:
    asked, released = threading.Event(), threading.Event()

    def silent(_: Request) -> Response:
        asked.set()
        released.wait(30)
        return Response()

    httpserver.expect_request("/api/v1/jobs").respond_with_handler(silent)
    with cli.start("jobs", "list", "--url", httpserver.url_for("")) as program:
        assert asked.wait(30)
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=60)
        released.set()
    assert program.returncode == 130
    assert "Traceback" not in err


def test_documents_are_updated_reindexed_and_merged(served: Any, tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("# One\n\nThe first.")
    (tmp_path / "two.md").write_text("# Two\n\nThe second.")
    accepted = served("ingest", tmp_path / "one.md", tmp_path / "two.md", "-c", "over-time", "--json").json()
    one, two = (document["id"] for document in accepted["documents"])
    same = served("documents", "update", one, tmp_path / "one.md", "--json")
    assert (same.exit_code, same.json()["unchanged"]) == (0, True)
    (tmp_path / "one.md").write_text("# One\n\nThe first, changed.")
    updated = served("documents", "update", one, tmp_path / "one.md", "--json")
    assert (updated.exit_code, updated.json()["document"]["version"]) == (0, 2), updated.err
    listed = served("documents", "versions", one)
    assert "superseded" in listed.out
    for words in (("documents", "reindex", one), ("collections", "reindex", "over-time")):
        ran = served(*words, "--json")
        assert (ran.exit_code, ran.json()["job"]["outcome"]["changed"]) == (0, 0), ran.err
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7\nno more than a head")
    failed = served("documents", "update", two, tmp_path / "bad.pdf")
    assert failed.exit_code == 1
    merged = served("documents", "merge", one, two, "--title", "Both", "--json")
    assert merged.exit_code == 0, merged.err
    text = served("documents", "text", merged.json()["document"]["id"]).out
    assert "The first, changed." in text
    assert "The second." in text


def test_keys_members_and_tenants_are_managed_from_the_command_line(served: Any) -> None:
    assert served("collections", "create", "for-one-key").exit_code == 0
    made = served("keys", "create", "reader", "-c", "for-one-key", "--expires", "2999-01-01", "--json").json()
    assert (made["scopes"], len(made["collection_ids"])) == (["read"], 1)
    rotated = served("keys", "rotate", made["id"], "--grace", "0", "--json").json()
    assert rotated["secret"] != made["secret"]
    listed = served("keys", "list")
    assert made["prefix"] not in listed.out
    assert rotated["prefix"] in listed.out
    assert rotated["secret"] not in listed.out
    assert served("keys", "revoke", made["id"], "--yes").exit_code == 0
    invited = served("members", "invite", "new@example.com", "--role", "editor", "--json")
    assert invited.json()["token"], invited.err
    assert served("members", "list", "--json").json()["items"] == []
    for words in (("role", "new@example.com", "viewer"), ("remove", "new@example.com", "--yes")):
        assert served("members", *words).exit_code == 5
    tenant = served("tenants", "create", "second", "--with-key", "--json").json()
    assert served("collections", "list", "--key", tenant["api_key"]["secret"], "--json").json()["items"] == []
    assert served("tenants", "suspend", tenant["id"]).exit_code == 0
    assert served("collections", "list", "--key", tenant["api_key"]["secret"]).exit_code == 4
    assert served("tenants", "resume", tenant["id"]).exit_code == 0
    assert tenant["id"] in served("tenants", "list").out
    deleted = served("tenants", "delete", tenant["id"], "--yes", "--json")
    assert (deleted.exit_code, deleted.json()["status"]) == (0, "succeeded"), deleted.err
