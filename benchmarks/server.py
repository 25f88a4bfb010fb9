"""A server of our own to measure: started as a user would start it, in a folder of its own, and ended afterwards."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its process, its address, its data, and a client with the administrator's key."""

    process: "subprocess.Popen[bytes]"
    url: str
    key: str
    data_dir: Path

    def client(self) -> httpx2.Client:
        """A client of the API."""
        return httpx2.Client(base_url=f"{self.url}/api/v1", headers={"X-API-Key": self.key}, timeout=120.0)


@contextlib.contextmanager
def running_server(**settings: str) -> Iterator[Server]:
    """A fresh server; `settings` are environment variables without their prefix, as `LIMITS__ENABLED="false"`."""
    with tempfile.TemporaryDirectory(prefix="ragstone-bench-") as folder:
        server = start_server(Path(folder), **settings)
        try:
            yield server
        finally:
            server.process.terminate()
            server.process.wait(_STOP_TIMEOUT_S)


def start_server(data_dir: Path, **settings: str) -> Server:
    """A server on a data folder, new or not; whoever starts it ends it."""
    environment = os.environ | {f"RAGSTONE_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "ragstone", "serve", "--data-dir", str(data_dir), "--port", "0"]
    with (data_dir / "server.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    url = _wait_for_url(process, data_dir)
    return Server(process, url, (data_dir / "admin.key").read_text().strip(), data_dir)


def ingest(client: httpx2.Client, collection_id: str, records: list[dict[str, object]]) -> float:
    """Hand records in as NDJSON and wait until they are searchable; the seconds it took."""
    began = time.perf_counter()
    body = "\n".join(json.dumps(record) for record in records).encode()
    response = client.post(
        "/ingest",
        params={"collection_id": collection_id},
        content=body,
        headers={"Content-Type": "application/x-ndjson"},
    )
    response.raise_for_status()
    job_id = response.json()["job"]["id"]
    while True:
        job = client.get(f"/jobs/{job_id}").json()
        if job["status"] == "succeeded":
            return time.perf_counter() - began
        if job["status"] in {"failed", "cancelled"}:
            raise RuntimeError(f"ingestion ended: {job}")
        time.sleep(0.2)


def _wait_for_url(process: "subprocess.Popen[bytes]", data_dir: Path) -> str:
    deadline = time.monotonic() + _START_TIMEOUT_S
    announcement = data_dir / "server.json"
    while time.monotonic() < deadline and process.poll() is None:
        if announcement.exists() and (content := announcement.read_text()):
            announced = json.loads(content)
            if announced["pid"] == process.pid:  # It may be that of a server that was killed.
                return str(announced["url"])
        time.sleep(0.05)
    raise RuntimeError((data_dir / "server.log").read_text())
