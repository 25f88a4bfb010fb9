"""Recall and latency of the embedded index at several selectivities, and what building it costs.

Run: `python benchmarks/index_recall.py --chunks 100000`. The vectors are synthetic (2,000 cluster centres with gaussian
noise, unit length, 384 dimensions; Zipf-distributed words) and say nothing about relevance; filters are independent of
the clusters. Times are of one caller, through the socket, and depend on what else the machine does: compare them within
one run.
"""

import argparse
import asyncio
import json
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragstone.backends.index_edge.index import EdgeIndex
from ragstone.backends.index_edge.planner import EXACT_UP_TO
from ragstone.ports.filters import Condition, Op, Scalar
from ragstone.ports.search_index import IndexAnswer, IndexPoint, IndexQuery, IndexSpace, Plan
from ragstone.ports.vectors import DenseMatrix, SparseVector

DIMENSIONS = 384
CLUSTERS = 2_000
NOISE = 0.7
WORDS = 50_000
WORDS_PER_CHUNK = 60
SELECTIVITIES = (0.001, 0.01, 0.1, 0.2, 0.3, 0.5, 1.0)
QUERIES = 200
QUERY_WORDS = 6
TOP = 10
CANDIDATES = 50
BATCH = 512
PROBE_EVERY_S = 0.1
SPACE = IndexSpace("bench", "synthetic", DIMENSIONS)


@dataclass(frozen=True)
class Corpus:
    """Vectors, words, and a number per chunk below which each filter cuts."""

    dense: DenseMatrix
    words: NDArray[np.int64]
    rank: NDArray[np.float64]
    queries: DenseMatrix


def make_corpus(chunks: int) -> Corpus:
    """The same data for the same number of chunks."""
    chance = np.random.default_rng(0)
    centres = _unit(chance.standard_normal((CLUSTERS, DIMENSIONS)))

    def sample(count: int) -> DenseMatrix:
        noise = NOISE / np.sqrt(DIMENSIONS) * chance.standard_normal((count, DIMENSIONS))
        return _unit(centres[chance.integers(0, CLUSTERS, count)] + noise)

    words = chance.zipf(1.3, (chunks, WORDS_PER_CHUNK)) % WORDS
    return Corpus(sample(chunks), words, chance.random(chunks), sample(QUERIES))


def make_point(corpus: Corpus, number: int) -> IndexPoint:
    """A chunk with one tag for each selectivity it falls under."""
    terms, counts = np.unique(corpus.words[number], return_counts=True)
    tags = tuple(f"{share:g}" for share in SELECTIVITIES if corpus.rank[number] < share)
    fields: dict[str, Scalar | tuple[str, ...]] = {
        "tag": tags,
        "document_id": f"doc_{number // 10}",
        "version_id": f"ver_{number // 10}",
    }
    sparse = SparseVector(tuple(terms.tolist()), tuple(counts.astype(float).tolist()))
    return IndexPoint(_chunk_id(number), corpus.dense[number], sparse, fields)


async def build(index: EdgeIndex, corpus: Corpus) -> dict[str, float]:
    """Write everything and wait for the graphs."""
    began = time.perf_counter()
    for begin in range(0, len(corpus.dense), BATCH):
        end = min(begin + BATCH, len(corpus.dense))
        await index.upsert(SPACE, [make_point(corpus, number) for number in range(begin, end)])
    written = time.perf_counter()
    probe = IndexQuery(corpus.queries[0], None, None, TOP)
    waits: list[float] = []
    while (await _timed(index, probe, waits)).plan is Plan.EXACT and len(corpus.dense) > EXACT_UP_TO:  # noqa: ASYNC110  # Reason: a probe is meant.
        await asyncio.sleep(PROBE_EVERY_S)
    return {
        "write_s": round(written - began, 1),
        "optimize_s": round(time.perf_counter() - written, 1),
        "longest_search_while_optimizing_ms": round(max(waits) * 1e3, 1),
    }


async def measure(index: EdgeIndex, corpus: Corpus, share: float) -> dict[str, object]:
    """Recall and latency of the dense leg, and latency of both legs, under a filter of this selectivity."""
    filter_ = None if share == 1 else Condition("tag", Op.EQ, f"{share:g}")
    members = np.flatnonzero(corpus.rank < share)
    recalls: list[float] = []
    dense: list[float] = []
    both: list[float] = []
    hops: list[float] = []
    plan = Plan.NONE
    for number, vector in enumerate(corpus.queries):
        answer = await _timed(index, IndexQuery(vector, None, filter_, TOP), dense)
        hops.append(dense[-1] - sum(answer.timings_ms.values()) / 1e3)
        plan = answer.plan
        order = members[np.argsort(-(corpus.dense[members] @ vector))[:TOP]]
        best = {_chunk_id(int(chunk)) for chunk in order}
        recalls.append(len(best & {hit.chunk_id for hit in answer.dense}) / len(best))
        asked = tuple(np.unique(corpus.words[number][:QUERY_WORDS]).tolist())
        terms = SparseVector(asked, (1.0,) * len(asked))
        await _timed(index, IndexQuery(vector, terms, filter_, CANDIDATES), both)
    return {
        "selectivity": share,
        "plan": plan.value,
        "recall@10": round(float(np.mean(recalls)), 3),
        "dense_ms": _percentiles(dense),
        "both_legs_50_ms": _percentiles(both),
        "hop_ms": _percentiles(hops),
    }


async def main() -> None:
    """Build in a temporary folder, measure, print one line of JSON for each selectivity."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--root", type=Path, help="keep the index here, and use it again if it is there")
    options = parser.parse_args()
    corpus = make_corpus(options.chunks)
    with tempfile.TemporaryDirectory() as scratch:
        root = options.root or Path(scratch)
        async with EdgeIndex(root, grace_s=2) as index:
            if await index.count(SPACE) != options.chunks:
                print(json.dumps(await build(index, corpus)), flush=True)
            for share in SELECTIVITIES:
                print(json.dumps(await measure(index, corpus, share)), flush=True)
            print(json.dumps({"chunks": options.chunks, **_memory(root)}))
        await asyncio.sleep(4)  # The process leaves before its folder does.


async def _timed(index: EdgeIndex, query: IndexQuery, seconds: list[float]) -> IndexAnswer:
    began = time.perf_counter()
    answer = await index.search(SPACE, query)
    seconds.append(time.perf_counter() - began)
    return answer


def _memory(root: Path) -> dict[str, int]:
    """Resident memory of the index process in MB, and the part of it that is not a mapped file."""
    status = Path(f"/proc/{(root / 'index/process.lock').read_text()}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return {key: int(fields[name].split()[0]) // 1024 for key, name in (("rss_mb", "VmRSS"), ("anon_mb", "RssAnon"))}


def _chunk_id(number: int) -> str:
    return str(uuid.UUID(int=number + (1 << 100)))


def _percentiles(seconds: list[float]) -> str:
    return "/".join(f"{np.percentile(seconds, share) * 1e3:.2f}" for share in (50, 95))


def _unit(rows: NDArray[np.float64]) -> DenseMatrix:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


if __name__ == "__main__":
    asyncio.run(main())
