"""The lexical leg on judged questions, scored as the index scores: a dot product with inverse document frequency."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import log
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from ragstone.engine.language.sparse import passage_vector, query_vector
from ragstone.engine.metrics import ndcg
from ragstone.ports.vectors import SparseVector

RETRIEVAL = Path(__file__).parents[4] / "shared" / "data" / "retrieval"


@pytest.mark.parametrize(
    ("name", "floor"), [("xquad_en", 0.966), ("xquad_ar", 0.934), ("nq_gold", 0.868), ("scifact_train", 0.695)]
)
def test_whole_documents_are_found_at_least_as_well_as_by_plain_bm25(name: str, floor: float) -> None:
    folder = RETRIEVAL / name
    if not folder.is_dir():
        pytest.skip(f"the development data is not at {folder}")
    passages = {
        row["_id"]: passage_vector(row["text"], row.get("title") or "") for row in iter_rows(folder, "corpus.jsonl")
    }
    questions = {row["_id"]: query_vector(row["text"]) for row in iter_rows(folder, "queries.jsonl")}
    judged = read_judgements(folder / "qrels.tsv")
    rankings = rank(passages, {question_id: questions[question_id] for question_id in judged})
    assert fmean(ndcg(rankings[question_id], judgements) for question_id, judgements in judged.items()) >= floor


def rank(passages: Mapping[str, SparseVector], questions: Mapping[str, SparseVector]) -> dict[str, list[str]]:
    """The ids of each question's passages, best first."""
    postings: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for passage_id, vector in passages.items():
        for term, value in zip(vector.indices, vector.values, strict=True):
            postings[term].append((passage_id, value))
    rankings = {}
    for question_id, vector in questions.items():
        scores: dict[str, float] = defaultdict(float)
        for term, value in zip(vector.indices, vector.values, strict=True):
            found = postings.get(term, [])
            rarity = log(1 + (len(passages) - len(found) + 0.5) / (len(found) + 0.5))
            for passage_id, passage_value in found:
                scores[passage_id] += value * rarity * passage_value
        rankings[question_id] = sorted(scores, key=lambda passage_id: (-scores[passage_id], passage_id))
    return rankings


def iter_rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    plain = folder / name
    with plain.open() if plain.exists() else gzip.open(folder / f"{name}.gz", "rt") as lines:
        for line in lines:
            yield json.loads(line)


def read_judgements(path: Path) -> dict[str, dict[str, float]]:
    """Positive judgements by question and passage."""
    judged: dict[str, dict[str, float]] = defaultdict(dict)
    for line in path.read_text().splitlines()[1:]:
        question_id, passage_id, score = line.split("\t")
        if float(score) > 0:
            judged[question_id][passage_id] = float(score)
    return judged
