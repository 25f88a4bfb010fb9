"""Records at scale: a table streamed in, read, embedded and published, beside the bare embedder on the same passages.

    python -m benchmarks.records [--records 20000] [--kill-at 8000] [--data ../shared/data/scale/…csv.gz]

Says how many documents a minute went in, the ratio to the floor, how memory went, what a second pass over the same
records costs, and with `--kill-at` that a server killed in the middle ends with exactly the records there are.
"""

import argparse
import asyncio
import contextlib
import csv
import gzip
import io
import itertools
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.server import Server, start_server
from ragstone.backends.embed_onnx.embedder import OnnxEmbedder
from ragstone.backends.embed_onnx.model_folder import find_model_folder

DATA = Path("../shared/data/scale/transactions_871781.csv.gz")
MODEL = "all-MiniLM-L6-v2"
MAPPING = {
    "text": "Payment of {amount} by {body} to {beneficiary} for {unit} on {payment_date}.",
    "title": "{beneficiary}",
    "external_id": "id",
    "metadata": ["amount:float", "body", "unit", "payment_date:date"],
    "language": "en",
}
_PORTION = 5000
_FLOOR_PASSAGES = 2000
_SAMPLE_S = 1.0
_SETTINGS = {"LIMITS__ENABLED": "false"}


@dataclass(slots=True)
class Memory:
    """Resident memory of a server and its index process, in MiB, with how many documents had been dealt with."""

    samples: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    done: int = 0

    def watch(self, server: Server, stopped: threading.Event) -> None:
        """Sample until stopped."""
        while not stopped.wait(_SAMPLE_S):
            self.samples.append((self.done, _memory_mib(server)))

    def lines(self) -> Iterator[str]:
        """A line for each tenth of the way."""
        most = max((done for done, _ in self.samples), default=0)
        for step in range(1, 11):
            reached = [memory for done, memory in self.samples if done >= most * step / 10]
            if reached:
                parts = ", ".join(f"{name} {mib:.0f} MiB" for name, mib in sorted(reached[0].items()))
                yield f"memory at {most * step // 10} documents: {parts}"


def main() -> None:
    """Print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--kill-at", type=int, default=0, help="kill -9 the server after as many records were sent")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ragstone-bench-") as folder:
        measure(Path(folder), arguments.data, arguments.records, arguments.kill_at)


def measure(folder: Path, data: Path, n_records: int, kill_at: int) -> None:
    """Measure and print."""
    server = start_server(folder, **_SETTINGS)
    memory, stopped = Memory(), threading.Event()
    try:
        client = server.client()
        body = {"name": "payments", "record_mapping": MAPPING}
        collection = client.post("/collections", json=body).raise_for_status().json()["id"]
        if kill_at:
            server, client = _kill_in_the_middle(server, client, collection, data, kill_at)
        watcher = threading.Thread(target=memory.watch, args=(server, stopped), daemon=True)
        watcher.start()
        began = time.perf_counter()
        jobs, counts = _send(client, collection, data, n_records)
        print(f"received: {counts} in {time.perf_counter() - began:.1f} s", flush=True)
        _wait(client, jobs, memory)
        seconds = time.perf_counter() - began
        stopped.set()
        n_read = counts["created"] + counts["updated"]
        rate = n_read / seconds
        print(f"ingest: {rate * 60:.0f} documents/min ({n_read} in {seconds:.1f} s)", flush=True)
        began = time.perf_counter()
        _, again = _send(client, collection, data, n_records)
        seconds = time.perf_counter() - began
        print(f"again: {again} in {seconds:.1f} s, {n_records / seconds:.0f} records/s", flush=True)
        total = client.get("/documents", params={"collection_id": collection, "limit": 1, "offset": 0}).json()["total"]
        print(f"documents: {total}, expected {n_records}", flush=True)
        floor = asyncio.run(_floor(data, min(n_records, _FLOOR_PASSAGES)))
        print(f"bare embedder: {floor * 60:.0f} passages/min, ratio {rate / floor:.2f}")
        print("\n".join(memory.lines()))
    finally:
        stopped.set()
        server.process.terminate()
        server.process.wait()


def _kill_in_the_middle(
    server: Server, client: httpx2.Client, collection: str, data: Path, kill_at: int
) -> tuple[Server, httpx2.Client]:
    """Send the first records and kill the server while it reads them and receives more."""
    _send(client, collection, data, kill_at)
    threading.Timer(0.3, server.process.kill).start()
    try:
        while True:
            _send(client, collection, data, kill_at + _PORTION)
    except httpx2.TransportError:
        server.process.wait()
    began = time.perf_counter()
    server = start_server(server.data_dir, **_SETTINGS)
    print(f"killed after {kill_at} records, up again after {time.perf_counter() - began:.1f} s", flush=True)
    return server, server.client()


def _rows(data: Path, n_records: int) -> Iterator[list[str]]:
    with gzip.open(data, "rt", encoding="utf-8", newline="") as file:
        yield from itertools.islice(csv.reader(file), n_records + 1)


def _send(client: httpx2.Client, collection: str, data: Path, n_records: int) -> tuple[list[str], dict[str, int]]:
    """The jobs, and what became of the records."""
    rows = _rows(data, n_records)
    header = next(rows)
    jobs: list[str] = []
    counts: dict[str, int] = {}
    while portion := list(itertools.islice(rows, _PORTION)):
        text = io.StringIO()
        csv.writer(text).writerows([header, *portion])
        receipt = client.post(
            "/ingest",
            params={"collection_id": collection},
            content=gzip.compress(text.getvalue().encode(), 1),
            headers={"Content-Type": "text/csv", "Content-Encoding": "gzip"},
        )
        body = receipt.raise_for_status().json()
        jobs.append(body["job"]["id"])
        for name, count in body["counts"].items():
            counts[name] = counts.get(name, 0) + count
    return jobs, counts


def _wait(client: httpx2.Client, jobs: list[str], memory: Memory) -> None:
    """Until every job has succeeded, those of earlier requests too."""
    finished = 0
    for job_id in jobs:
        while True:
            job = client.get(f"/jobs/{job_id}").json()
            memory.done = finished + job["progress"]["done"]
            if job["status"] == "succeeded":
                break
            if job["status"] in {"failed", "cancelled"}:
                raise RuntimeError(f"ingestion ended: {job}")
            time.sleep(0.2)
        finished += job["progress"]["total"]


async def _floor(data: Path, n_passages: int) -> float:
    """Passages a second, in batches as large as the server's."""
    header, *rows = _rows(data, n_passages)
    records = [dict(zip(header, row, strict=True)) for row in rows]
    texts = [f"{MAPPING['title']}\n{MAPPING['text']}".format(**record) for record in records]
    embedder = OnnxEmbedder(find_model_folder(MODEL))
    await embedder.embed_passages(texts[:64])
    began = time.perf_counter()
    await embedder.embed_passages(texts)
    elapsed_s = time.perf_counter() - began
    await embedder.close()
    return len(texts) / elapsed_s


def _memory_mib(server: Server) -> dict[str, float]:
    """Of the server and of its index process, which lives apart; of the latter, what is not mapped from files too."""
    found: dict[str, float] = {"server": _resident_mib(server.process.pid, "VmRSS")}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # It may have ended meanwhile.
            words = (process / "cmdline").read_text().split("\0")
            if "ragstone.backends.index_edge.process" in words and str(server.data_dir) in words:
                found["index"] = _resident_mib(int(process.name), "VmRSS")
                found["index, without its files"] = _resident_mib(int(process.name), "RssAnon")
    return found


def _resident_mib(pid: int, name: str) -> float:
    status: dict[str, Any] = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
    )
    return float(str(status.get(name, "0 kB")).split()[0]) / 1024


if __name__ == "__main__":
    main()
