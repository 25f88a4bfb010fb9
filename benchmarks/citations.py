"""Are citations what they claim, and answers right? Asks a data set's questions and reads the quotes back by itself.

    python -m benchmarks.citations ../shared/data/retrieval/nq_gold --questions 500

The reader is independent of the server: it opens the database file and slices the stored bytes.
"""

import argparse
import gzip
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.retrieval import load
from benchmarks.server import Server, ingest, running_server

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_OTHER_THAN_WORDS = re.compile(r"[^\w\s]|_")


def main() -> None:
    """Print how many citations equal the stored bytes, and how many answers contain an expected one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--questions", type=int, default=500)
    arguments = parser.parse_args()
    dataset = load(arguments.dataset)
    expected = dict(_expected(arguments.dataset))
    questions = list(dataset.questions.items())[: arguments.questions]
    with running_server(LIMITS__ENABLED="false") as server, server.client() as client:
        collection = client.post("/collections", json={"name": dataset.name}).raise_for_status().json()["id"]
        ingest(client, collection, dataset.documents)
        answers = [
            (question_id, client.post("/answers", json={"query": text}).raise_for_status().json())
            for question_id, text in questions
        ]
        citations = [citation for _, answer in answers for citation in answer["citations"]]
        verified = sum(_equals_stored(server, citation) for citation in citations)
    answered = [item for item in answers if item[1]["status"] == "answered"]
    right = sum(_contains(answer["answer"], expected[question_id]) for question_id, answer in answered)
    print(f"{verified} of {len(citations)} citations of {len(answers)} answers equal the stored bytes")
    print(f"{right} answers contain an expected one ({right / len(answers):.3f}); {len(answered)} were given")


def _equals_stored(server: Server, citation: dict[str, Any]) -> bool:
    with sqlite3.connect(f"file:{server.data_dir}/ragstone.sqlite?mode=ro", uri=True) as connection:
        row = connection.execute(
            "SELECT version_texts.content FROM versions JOIN version_texts ON version_texts.version_id = versions.id"
            " WHERE versions.document_id = ? AND versions.number = ?",
            (citation["document_id"], citation["version"]),
        ).fetchone()
    content: bytes = row[0]
    by_bytes = content[citation["start_byte"] : citation["end_byte"]].decode()
    by_chars = content.decode()[citation["start_char"] : citation["end_char"]]
    return bool(by_bytes == citation["quote"] == by_chars)


def _contains(answer: str, expected: list[str]) -> bool:
    return any(_normal(item) in _normal(answer) for item in expected)


def _normal(text: str) -> str:
    plain = _OTHER_THAN_WORDS.sub(" ", text.casefold())
    return f" {' '.join(_ARTICLES.sub(' ', plain).split())} "


def _expected(path: Path) -> Iterator[tuple[str, list[str]]]:
    zipped = path / "answers.jsonl.gz"
    with gzip.open(zipped, "rt") if zipped.exists() else (path / "answers.jsonl").open() as file:
        for line in file:
            row = json.loads(line)
            yield row["query_id"], row["answers"]


if __name__ == "__main__":
    main()
