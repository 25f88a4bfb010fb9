"""The server is killed while a file of records goes in: the command line waits for it, and everything is there once."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.journeys.api import Api
from tests.journeys.conftest import StartServer

N_RECORDS = 3000
MAPPING = {"text": "Payment of {amount} to {payee}.", "external_id": "id", "metadata": ["amount:float"]}


def send(path: Path, mapping: Path, data_dir: Path) -> "subprocess.Popen[str]":
    words = ["records", str(path), "--mapping", str(mapping), "-c", "payments", "--batch", "100", "--json"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAGSTONE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "ragstone", *words, "--data-dir", str(data_dir)],
        env=kept | {"XDG_STATE_HOME": str(path.parent / "state")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_documents(api: Api, least: int) -> str:
    """Until so many records have been received; their collection."""
    while True:
        for collection in api.pages("/collections"):
            params = {"collection_id": collection["id"], "limit": 1, "offset": 0}
            if collection["name"] == "payments" and api.ok("GET", "/documents", params=params)["total"] >= least:
                return str(collection["id"])
        time.sleep(0.02)


def test_a_server_killed_twice_in_the_middle_of_a_file_of_records_ends_with_exactly_the_records(
    start_server: StartServer, tmp_path: Path
) -> None:
    path, mapping = tmp_path / "payments.csv", tmp_path / "mapping.json"
    path.write_text("id,amount,payee\n" + "".join(f"{n},{n}.5,Payee {n}\n" for n in range(N_RECORDS)))
    mapping.write_text(json.dumps(MAPPING))
    server = start_server({"RAGSTONE_EMBEDDING__PROVIDER": "none"})
    url = server.wait_until_ready()
    with send(path, mapping, server.data_dir) as sending:
        for least in (300, 1500):
            with Api(url) as api:
                collection_id = wait_for_documents(api, least)
            assert server.kill()
            server.spawn()
            url = server.wait_until_ready()
        out, err = sending.communicate(timeout=240)
    assert sending.returncode == 0, err
    assert json.loads(out)["collection"]["id"] == collection_id
    with Api(url) as api:
        api.idle()
        documents = list(api.pages("/documents", collection_id=collection_id, limit=500))
        assert Counter(document["external_id"] for document in documents) == Counter(map(str, range(N_RECORDS)))
        assert {document["status"] for document in documents} == {"ready"}
        assert {document["version"] for document in documents} == {1}
        exact = {"field": "metadata.amount", "op": "eq", "value": 1234.5}
        assert len(api.search("payment", collection_ids=[collection_id], filters=exact)["results"]) == 1
    with send(path, mapping, server.data_dir) as again:
        out, err = again.communicate(timeout=240)
    assert {name: n for name, n in json.loads(out)["counts"].items() if n} == {"unchanged": N_RECORDS}, err
