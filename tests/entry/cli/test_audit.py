"""The audit log on the command line, while a server runs."""

import json
import sqlite3
from pathlib import Path

from tests.entry.cli.conftest import Cli


def test_the_log_is_exported_listed_and_verified(served: Cli, tmp_path: Path) -> None:
    exported = tmp_path / "log.ndjson"
    assert served("audit", "export", "--output", exported).exit_code == 0
    last = json.loads(exported.read_text().splitlines()[-1])
    assert (last["action"], last["address"]) == ("export_audit", "127.0.0.1")
    (newest,) = served("--json", "audit", "list", "--where", "action=export_audit", "--limit", "1").json()["items"]
    assert newest["hash"] == last["hash"]
    assert last["hash"] in served("audit", "export").out
    assert "export_audit" in served("audit", "list").out
    verified = served("audit", "verify")
    assert (verified.exit_code, "Nothing is wrong." in verified.out) == (0, True)


def test_a_filter_that_is_none_is_refused(served: Cli) -> None:
    assert "colour" in served("audit", "list", "--where", "colour=blue").err


def test_a_log_put_back_is_found_by_the_notes_of_an_earlier_run(served: Cli, tmp_path: Path) -> None:
    served("audit", "export")
    notes = tmp_path / "notes.json"
    notes.write_text(served("--json", "audit", "verify").out)
    assert served("audit", "verify", "--notes", notes).exit_code == 0
    other = json.loads(notes.read_text())
    other["chains"][0]["head"]["hash"] = "0" * 64
    notes.write_text(json.dumps(other))
    found = served("audit", "verify", "--notes", notes)
    assert (found.exit_code, "not_as_noted" in found.out) == (1, True)
    notes.write_text("[]")
    unreadable = served("--json", "audit", "verify", "--notes", notes)
    assert "audit_notes_unreadable" in unreadable.out + unreadable.err


def test_a_changed_record_is_told_by_the_exit_code(served: Cli, tmp_path: Path) -> None:
    copy = Cli(tmp_path / "copy")
    served("audit", "export")
    (copy.data_dir / "secrets").mkdir(parents=True)
    pepper = "secrets/pepper"
    (copy.data_dir / pepper).write_bytes((served.data_dir / pepper).read_bytes())
    name = "ragstone.sqlite"
    with sqlite3.connect(served.data_dir / name) as original, sqlite3.connect(copy.data_dir / name) as database:
        original.backup(database)
        assert copy("audit", "verify").exit_code == 0
        database.execute("DROP TRIGGER audit_records_stay")
        database.execute("UPDATE audit_records SET address = 'elsewhere' WHERE seq = 1")
    found = copy("--json", "audit", "verify")
    assert (found.exit_code, found.json()["is_clean"]) == (1, False)
    assert [flaw["flaw"] for chain in found.json()["chains"] for flaw in chain["findings"]] == ["changed"]
