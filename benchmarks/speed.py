"""Speed of ingestion and search through HTTP, each beside its floor: the same work in a bare loop, in the same run.

    python -m benchmarks.speed [--documents 2000] [--questions 300] [--data ../shared/data/retrieval/nq_gold]

Without a data set it makes documents from the sample handbook. Ratios matter; absolute times are this machine's.
"""

import argparse
import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.retrieval import load
from benchmarks.server import Server, ingest, running_server
from ragstone.backends.embed_onnx.embedder import OnnxEmbedder
from ragstone.backends.embed_onnx.model_folder import find_model_folder
from ragstone.backends.index_edge.index import EdgeIndex
from ragstone.engine.language.sentences import sentences
from ragstone.engine.language.sparse import query_vector
from ragstone.engine.ranking.fuse import fuse_zscore
from ragstone.ports.search_index import IndexQuery
from ragstone.samples import golden_questions, sample_documents

MODEL = "all-MiniLM-L6-v2"
_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Load:
    """Documents to ingest and questions to ask."""

    documents: list[dict[str, Any]]
    questions: list[str]


def main() -> None:
    """Print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/retrieval/nq_gold"))
    arguments = parser.parse_args()
    print_figures(read_load(arguments.data, arguments.documents, arguments.questions))


def print_figures(work: Load) -> None:
    """Measure and print."""
    with running_server(LIMITS__ENABLED="false") as server, server.client() as client:
        collection = client.post("/collections", json={"name": "speed"}).raise_for_status().json()["id"]
        seconds = ingest(client, collection, work.documents)
        texts = list(_chunk_texts(client))
        floor_s = asyncio.run(_embed_floor(texts))
        print(f"ingest: {len(work.documents) / seconds * 60:.0f} documents/min, {len(texts) / seconds:.1f} chunks/s;")
        print(f"        bare embedder {len(texts) / floor_s:.1f} chunks/s, ratio {floor_s / seconds:.2f}")
        floor_ms = asyncio.run(_search_floor(server, work.questions))
        _print_search("search, bare loop (embed, index, fuse)", floor_ms, sum(floor_ms) / 1000)
        for clients in (1, 10):
            times_ms, elapsed_s = asyncio.run(_closed_loop(server, work.questions, clients))
            _print_search(f"search over HTTP, {clients} client(s)", times_ms, elapsed_s)


def read_load(data: Path, n_documents: int, n_questions: int) -> Load:
    """The first documents and questions of a data set; of the sample handbook where the data set is absent."""
    if data.exists():
        dataset = load(data)
        return Load(dataset.documents[:n_documents], list(dataset.questions.values())[:n_questions])
    plain = [item.content.decode() for item in sample_documents() if item.media_type.startswith("text/")]
    pieces = [text[start:end] for text in plain for start, end in sentences(text)]
    endless = itertools.cycle(pieces)
    texts = (" ".join(itertools.islice(endless, 4)) for _ in range(n_documents))
    asked = itertools.cycle(question.question for question in golden_questions())
    numbered = [{"text": f"{number} {text}"} for number, text in zip(range(n_documents), texts, strict=False)]
    return Load(numbered, [f"{question} {number}" for number, question in zip(range(n_questions), asked, strict=False)])


def _print_search(name: str, times_ms: list[float], elapsed_s: float) -> None:
    ordered = sorted(times_ms)
    p50, p95 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    print(f"{name}: p50 {p50:.1f} ms, p95 {p95:.1f} ms, {len(times_ms) / elapsed_s:.0f}/s")


def _chunk_texts(client: httpx2.Client) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = client.get("/documents", params={"limit": 500} | ({"cursor": cursor} if cursor else {})).json()
        for document in page["items"]:
            for chunk in client.get(f"/documents/{document['id']}/chunks").json()["items"]:
                yield f"{document['title']}\n{chunk['text']}"
        cursor = page["next_cursor"]
        if cursor is None:
            return


async def _embed_floor(texts: list[str]) -> float:
    embedder = OnnxEmbedder(find_model_folder(MODEL))
    await embedder.embed_passages(texts[:8])
    began = time.perf_counter()
    await embedder.embed_passages(texts)
    elapsed_s = time.perf_counter() - began
    await embedder.close()
    return elapsed_s


async def _search_floor(server: Server, questions: list[str]) -> list[float]:
    """The same questions without server, store or caches, on the same index."""
    embedder = OnnxEmbedder(find_model_folder(MODEL))
    times_ms = []
    async with EdgeIndex(server.data_dir) as index:
        (space,) = await index.list_spaces()
        await embedder.embed_query("warm")
        for question in questions:
            began = time.perf_counter()
            query = IndexQuery(await embedder.embed_query(f"{question} "), query_vector(question), None, _DEPTH)
            answer = await index.search(space, query)
            fuse_zscore(answer.dense, answer.lexical)
            times_ms.append((time.perf_counter() - began) * 1000)
    await embedder.close()
    return times_ms


async def _closed_loop(server: Server, questions: list[str], clients: int) -> tuple[list[float], float]:
    """Each question once; every client sends its next request when the last was answered."""
    waiting = iter([f"{question} {clients}" for question in questions])
    times_ms: list[float] = []

    async def ask(client: httpx2.AsyncClient) -> None:
        for question in waiting:
            began = time.perf_counter()
            (await client.post("/search", json={"query": question})).raise_for_status()
            times_ms.append((time.perf_counter() - began) * 1000)

    headers = {"X-API-Key": server.key}
    async with httpx2.AsyncClient(base_url=f"{server.url}/api/v1", headers=headers, timeout=30.0) as client:
        began = time.perf_counter()
        await asyncio.gather(*(ask(client) for _ in range(clients)))
        return times_ms, time.perf_counter() - began


if __name__ == "__main__":
    main()
