"""Records at scale: a table streamed in, read, embedded and published, beside the bare embedder on the same passages.

    python -m benchmarks.records [--records 20000] [--kill-at 8000] [--data ../shared/data/scale/…csv.gz]

Says how many documents a minute went in, the ratio to the floor, how memory went, what a second pass over the same
records costs, and with `--kill-at` that a server killed in the middle goes on by itself and ends with exactly the
records there are.
"""

import argparse
import asyncio
import contextlib
import csv
import gzip
import io
import itertools
import math
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
# The column of dates holds months, spans and numbers of spreadsheets too, so it is kept as it comes.
MAPPING = {
    "text": "Payment of {amount} by {body} to {beneficiary} for {unit} on {payment_date}.",
    "title": "{beneficiary}",
    "external_id": "id",
    "metadata": ["amount:float", "body", "unit", "payment_date"],
    "language": "en",
}
_PORTION = 5000
_TELL_EVERY = 20_000
_FLOOR_PASSAGES = 2000
_SAMPLE_S = 1.0
_SETTINGS = {"LIMITS__ENABLED": "false"}


@dataclass(slots=True)
class Memory:
    """Resident memory of a server and its index process, in MiB, with how many documents had been dealt with."""

    server: Server
    samples: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    done: int = 0

    def watch(self, stopped: threading.Event) -> None:
        """Sample until stopped."""
        while not stopped.wait(_SAMPLE_S):
            with contextlib.suppress(OSError):  # The server may just have been killed.
                self.samples.append((self.done, _memory_mib(self.server)))

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
    parser.add_argument("--kill-at", type=int, default=0, help="kill -9 the server once as many are searchable")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ragstone-bench-") as folder:
        measure(Path(folder), arguments.data, arguments.records, arguments.kill_at)


def measure(folder: Path, data: Path, n_records: int, kill_at: int) -> None:
    """Measure and print."""
    memory, stopped = Memory(start_server(folder, **_SETTINGS)), threading.Event()
    threading.Thread(target=memory.watch, args=(stopped,), daemon=True).start()
    try:
        client = memory.server.client()
        body = {"name": "payments", "record_mapping": MAPPING}
        collection = client.post("/collections", json=body).raise_for_status().json()["id"]
        began = time.perf_counter()
        jobs, counts = _send(client, collection, data, n_records)
        print(f"received: {counts} in {time.perf_counter() - began:.1f} s", flush=True)
        if kill_at:
            _wait(client, jobs, memory, kill_at)
            client = _kill(memory)
        _wait(client, jobs, memory)
        seconds = time.perf_counter() - began
        stopped.set()
        n_read = counts["created"] + counts["updated"]
        rate = n_read / seconds
        print(f"ingest: {rate * 60:.0f} documents/min ({n_read} in {seconds:.1f} s)", flush=True)
        print("\n".join(memory.lines()), flush=True)
        began = time.perf_counter()
        _, again = _send(client, collection, data, n_records)
        seconds = time.perf_counter() - began
        print(f"again: {again} in {seconds:.1f} s, {n_records / seconds:.0f} records/s", flush=True)
        total = client.get("/documents", params={"collection_id": collection, "limit": 1, "offset": 0}).json()["total"]
        print(f"documents: {total}, expected {n_records}", flush=True)
        floor = asyncio.run(_floor(data, min(n_records, _FLOOR_PASSAGES)))
        print(f"bare embedder: {floor * 60:.0f} passages/min, ratio {rate / floor:.2f}")
    finally:
        stopped.set()
        memory.server.process.terminate()
        memory.server.process.wait()


def _kill(memory: Memory) -> httpx2.Client:
    """Kill the server and start it again; the client of the new one, which goes on without being told."""
    killed = memory.server
    killed.process.kill()
    killed.process.wait()
    began = time.perf_counter()
    memory.server = start_server(killed.data_dir, **_SETTINGS)
    seconds = time.perf_counter() - began
    print(f"killed at {memory.done} documents, up again after {seconds:.1f} s", flush=True)
    return memory.server.client()


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
        body = _post(client, collection, gzip.compress(text.getvalue().encode(), 1))
        jobs.append(body["job"]["id"])
        for name, count in body["counts"].items():
            counts[name] = counts.get(name, 0) + count
    return jobs, counts


def _post(client: httpx2.Client, collection: str, content: bytes) -> dict[str, Any]:
    """The receipt of a portion, sent again for as long as the server says that it is too busy."""
    headers = {"Content-Type": "text/csv", "Content-Encoding": "gzip"}
    while True:
        answer = client.post("/ingest", params={"collection_id": collection}, content=content, headers=headers)
        if answer.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
            return dict(answer.raise_for_status().json())
        print(f"sent again, as the server said: {answer.json()['detail']}", flush=True)
        time.sleep(1.0)


def _wait(client: httpx2.Client, jobs: list[str], memory: Memory, enough: float = math.inf) -> None:
    """Until every job has succeeded or enough documents are dealt with, with a line for each further part of them."""
    finished, told, began = 0, memory.done, time.perf_counter()
    for job_id in jobs:
        while True:
            job = client.get(f"/jobs/{job_id}").json()
            memory.done = max(memory.done, finished + job["progress"]["done"])
            if memory.done >= told + _TELL_EVERY:
                told = memory.done
                print(f"{told} documents after {time.perf_counter() - began:.0f} s", flush=True)
            if memory.done >= enough:
                return
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
