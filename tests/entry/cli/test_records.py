"""Files of records: sent in portions, sent again without effect, continued, and what is wrong told by its line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

MAPPING = {"text": "Payment of {amount} to {payee}.", "external_id": "id", "metadata": ["amount:float"]}


def rows(*numbers: int, amount: str = "1.50") -> str:
    return "id,amount,payee\n" + "".join(f"{n},{amount},Payee {n}\n" for n in numbers)


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(MAPPING))
    return path


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".ndjson"])
def test_a_file_of_records_goes_in_and_a_second_time_changes_nothing(
    served: Any, tmp_path: Path, mapping: Path, suffix: str
) -> None:
    path = tmp_path / f"payments{suffix}"
    text = rows(*range(25))
    if suffix == ".ndjson":
        text = "".join(json.dumps({"id": n, "amount": 1.5, "payee": f"P {n}"}) + "\n\n" for n in range(25))
    if suffix == ".tsv":
        text = text.replace(",", "\t")
    path.write_bytes(gzip.compress(text.encode()) if suffix.endswith(".gz") else text.encode())
    words = ("records", path, "--mapping", mapping, "-c", f"c{suffix}", "--batch", "10", "--json")
    first, again = served(*words), served(*words)
    assert first.exit_code == again.exit_code == 0, first.err + again.err
    assert {name: n for name, n in first.json()["counts"].items() if n} == {"created": 25}
    assert {name: n for name, n in again.json()["counts"].items() if n} == {"unchanged": 25}
    assert len(first.json()["jobs"]) == 3


def test_a_bad_row_ends_it_by_its_line_and_what_was_mended_goes_on_behind_it(
    served: Any, tmp_path: Path, mapping: Path
) -> None:
    path = tmp_path / "payments.csv"
    path.write_text(rows(*range(20)) + "20,much,Payee\n" + "21,1,P\n")
    words = ("records", path, "--mapping", mapping, "-c", "mended", "--batch", "10", "--json")
    refused = served(*words)
    assert refused.exit_code == 2
    assert "amount" in refused.err
    assert "line 22 of the file" in refused.err
    path.write_text(path.read_text().replace("much", "2"))
    mended = served(*words)
    assert mended.exit_code == 0, mended.err
    assert {name: n for name, n in mended.json()["counts"].items() if n} == {"created": 2, "unchanged": 20}


def test_an_interrupted_run_goes_on_where_it_was(served: Any, tmp_path: Path, mapping: Path) -> None:
    path = tmp_path / "payments.csv"
    path.write_text(rows(*range(20)) + "20,much,Payee\n")
    words = ("records", path, "--mapping", mapping, "-c", "interrupted", "--batch", "10", "--json")
    assert served(*words).exit_code == 2
    assert served(*words).exit_code == 2
    (state,) = (tmp_path / "state").rglob("*.json")
    known = json.loads(state.read_text())
    assert (known["n_records"], len(known["jobs"])) == (20, 2), "what was acknowledged is not sent again"
    assert served(*words, "--restart").exit_code == 2
    assert json.loads(state.read_text())["counts"]["unchanged"] == 20


def test_what_is_skipped_is_told_with_its_line(served: Any, tmp_path: Path, mapping: Path) -> None:
    path = tmp_path / "payments.csv"
    path.write_text(rows(1, 2) + "3,much,Payee\n" + "4,5\n" + "5,6,Payee\n")
    done = served("records", path, "--mapping", mapping, "-c", "skipped", "--on-error", "skip", "--json")
    assert done.exit_code == 0, done.err
    result = done.json()
    assert (result["counts"]["created"], result["counts"]["skipped"]) == (3, 2)
    assert sorted((error["line"], error["field"]) for error in result["errors"]) == [(4, "amount"), (5, "")]
    shown = served("records", path, "--mapping", mapping, "-c", "skipped", "--on-error", "skip")
    assert "3 unchanged, 2 skipped in skipped." in shown.out


def test_without_identifiers_it_is_all_or_nothing(served: Any, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"text": "{payee} got {amount}."}))
    path = tmp_path / "payments.csv"
    path.write_text(rows(*range(20)) + "1,2\n")
    words = ("records", path, "--mapping", mapping, "-c", "whole", "--batch", "10", "--json")
    assert served(*words).exit_code == 2
    assert served("documents", "list", "-c", "whole", "--json").json()["items"] == []
    path.write_text(rows(*range(20)))
    done = served(*words)
    assert (done.exit_code, done.json()["counts"]["created"], len(done.json()["jobs"])) == (0, 20, 1)


def test_a_server_that_does_not_come_back_is_waited_for_no_longer_than_told(tmp_path: Path, cli: Any) -> None:
    path = tmp_path / "notes.ndjson"
    path.write_text('{"text": "A note.", "external_id": "1"}\n')
    lost = cli("records", path, "--url", "http://127.0.0.1:9", "--patience", "0")
    assert lost.exit_code == 10
