"""What is left of a document that was deleted: nothing that says what it said."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.journeys.api import Api
from tests.journeys.server import Server

from ragstone.bootstrap import DATABASE_FILE

WORD = "zorvaxilith"
TEXT = f"The {WORD} is kept below the stairs. " * 30
_GONE_WITHIN_S = 30.0


def rows_with(path: Path, needle: str) -> set[str]:
    """Tables with a row that has the text in any column."""
    found = set()
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - Names from the schema.
                if any(needle in _text(value) for value in row):
                    found.add(table)
    return found


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def files_with(folder: Path, needle: str) -> list[Path]:
    """Files outside the relational store that have the text."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(DATABASE_FILE) and needle.encode() in path.read_bytes()
    ]


def test_a_deleted_document_leaves_no_row_no_point_no_vector_and_no_blob(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.spawn()
    with Api(server.wait_until_ready()) as api:
        collection_id = api.collection("traces", record_mapping=None)
        label = {"metadata": {"owner": f"{WORD} holder"}, "tags": [WORD]}
        (text,) = api.ingest(collection_id, {"title": f"On {WORD}", "text": TEXT, **label})["documents"]
        upload = api.upload(collection_id, (f"{WORD}.txt", f"{TEXT} Twice.".encode()))
        api.finished(upload["job"])
        (file,) = upload["documents"]
        update = api.ok("PUT", f"/documents/{file['id']}/content", json={"text": f"{TEXT} Thrice."})
        api.finished(update["job"])
        assert api.found(WORD, mode="lexical")
        assert rows_with(tmp_path / "data" / DATABASE_FILE, WORD) >= {"documents", "chunks", "version_texts"}
        for document in (text, file):
            api.ok("DELETE", f"/documents/{document['id']}")
        assert api.found(WORD) == []
        deadline = time.monotonic() + _GONE_WITHIN_S
        while rows_with(tmp_path / "data" / DATABASE_FILE, text["id"]) & {"documents"}:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        api.idle()
    assert server.stop() == 0
    assert rows_with(tmp_path / "data" / DATABASE_FILE, WORD) == set()
    assert files_with(tmp_path / "data" / "blobs", WORD) == []
    with closing(sqlite3.connect(tmp_path / "data" / DATABASE_FILE)) as connection:
        for table in ("documents", "versions", "version_sources", "version_texts", "chunks", "embeddings"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table  # noqa: S608
