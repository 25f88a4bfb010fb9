"""Search quality through HTTP: nDCG@10, recall@10 and P@1 of every mode, on collections in BEIR's layout.

    python -m benchmarks.retrieval ../shared/data/retrieval/scifact_train …

A document's place is that of its best chunk. Gain is linear; questions without a positive judgement are left out.
"""

import argparse
import csv
import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import httpx2

from benchmarks.server import ingest, running_server
from ragstone.engine.metrics import bootstrap, ndcg, precision_at_1, recall

MODES = ("lexical", "dense", "hybrid", "hybrid-rrf")
_CHUNKS = 50
_SEED = 7


@dataclass(frozen=True, slots=True)
class Dataset:
    """Documents, questions, and which documents answer which question."""

    name: str
    documents: list[dict[str, Any]]
    questions: dict[str, str]
    judgements: dict[str, dict[str, float]]


def main() -> None:
    """Measure every data set named on the command line, each on a server of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="+", type=Path)
    parser.add_argument("--questions", type=int, default=None, help="only the first so many")
    arguments = parser.parse_args()
    print(f"{'set':16} {'mode':11} {'nDCG@10':>8} {'95 % interval':>17} {'recall@10':>10} {'P@1':>6} {'p50 ms':>7}")
    for path in arguments.datasets:
        for row in measure(load(path), arguments.questions):
            print(row, flush=True)


def measure(dataset: Dataset, limit: int | None) -> Iterator[str]:
    """A printed row for each mode."""
    with running_server(LIMITS__ENABLED="false") as server, server.client() as client:
        collection = client.post("/collections", json={"name": dataset.name}).raise_for_status().json()["id"]
        seconds = ingest(client, collection, dataset.documents)
        rate = len(dataset.documents) / seconds
        print(f"{dataset.name}: {len(dataset.documents)} documents in {seconds:.1f} s ({rate:.1f}/s)", file=sys.stderr)
        external_ids = dict(_external_ids(client))
        questions = [item for item in dataset.questions.items() if item[0] in dataset.judgements][:limit]
        for mode in MODES:
            yield _measure_mode(client, dataset, mode, questions, external_ids)


def load(path: Path) -> Dataset:
    """A collection in BEIR's layout, its files gzipped or not."""
    documents = [
        {"external_id": row["_id"], "text": row["text"].strip() or row["title"], **_title(row["title"])}
        for row in _rows(path / "corpus.jsonl")
    ]
    judgements: dict[str, dict[str, float]] = {}
    with _open(path / "qrels.tsv") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if float(row["score"]) > 0:
                judgements.setdefault(row["query-id"], {})[row["corpus-id"]] = float(row["score"])
    return Dataset(path.name, documents, {row["_id"]: row["text"] for row in _rows(path / "queries.jsonl")}, judgements)


def _measure_mode(
    client: httpx2.Client,
    dataset: Dataset,
    mode: str,
    questions: list[tuple[str, str]],
    external_ids: Mapping[str, str],
) -> str:
    scores: dict[str, list[float]] = {"ndcg": [], "recall": [], "p1": []}
    times_ms = []
    name, _, fusion = mode.partition("-")
    for question_id, text in questions:
        body = {"query": text, "mode": name, "limit": _CHUNKS, "dedupe": False, "fusion": fusion or None}
        found = client.post("/search", json=body).raise_for_status().json()
        times_ms.append(found["timings_ms"]["total"])
        ranking = list(dict.fromkeys(external_ids[hit["document_id"]] for hit in found["results"]))
        judged = dataset.judgements[question_id]
        scores["ndcg"].append(ndcg(ranking, judged))
        scores["recall"].append(recall(ranking, judged))
        scores["p1"].append(precision_at_1(ranking, judged))
    interval = bootstrap(scores["ndcg"], _SEED)
    p50_ms = sorted(times_ms)[len(times_ms) // 2]
    return (
        f"{dataset.name:16} {mode:11} {interval.mean:8.4f} [{interval.low:.4f}, {interval.high:.4f}]"
        f" {fmean(scores['recall']):10.4f} {fmean(scores['p1']):6.3f} {p50_ms:7.1f}"
    )


def _external_ids(client: httpx2.Client) -> Iterator[tuple[str, str]]:
    cursor: str | None = None
    while True:
        page = client.get("/documents", params={"limit": 500} | ({"cursor": cursor} if cursor else {})).json()
        yield from ((item["id"], item["external_id"]) for item in page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _title(title: str) -> dict[str, str]:
    return {"title": title} if title.strip() else {}


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with _open(path) as file:
        yield from map(json.loads, file)


def _open(path: Path) -> Any:
    zipped = path.with_name(f"{path.name}.gz")
    return gzip.open(zipped, "rt", encoding="utf-8") if zipped.exists() else path.open(encoding="utf-8")


if __name__ == "__main__":
    main()
