"""Real files that nobody on this project wrote, against the outcome and the text they are known to have."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ragstone.engine.parsing.detect import detect_type
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.parse import parse
from ragstone.kit.problem import Problem

DOCUMENTS = Path(__file__).parents[4] / "shared" / "data" / "documents"
FORMATS = ("txt/", "md/", "html/", "pdf/")
OUTCOMES = {
    "corrupt": "document_corrupt",
    "empty": "document_empty",
    "encrypted": "document_encrypted",
    "notext": "document_has_no_text",
    "ok": "ok",
    "password": "document_encrypted",
}
pytestmark = pytest.mark.skipif(not DOCUMENTS.exists(), reason="the development data is not beside the repository")


@dataclass(frozen=True)
class Row:
    file: str
    expect: str
    expected: str | None


def manifest() -> list[Row]:
    path = DOCUMENTS / "manifest.jsonl"
    if not path.exists():
        return []
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows = [Row(entry["file"], entry["expect"].partition(":")[0], entry.get("expected")) for entry in entries]
    return [row for row in rows if row.file.startswith(FORMATS)]


def read(row: Row, limits: ParseLimits) -> ParsedDocument:
    content = (DOCUMENTS / row.file).read_bytes()
    return parse(content, detect_type(content, row.file), ParseOptions(limits))


@pytest.mark.parametrize("row", manifest(), ids=lambda row: row.file)
def test_the_outcome_is_the_known_one(
    assert_sound: Callable[[ParsedDocument], None], limits: ParseLimits, row: Row
) -> None:
    try:
        assert_sound(read(row, limits))
        outcome = "ok"
    except Problem as problem:
        outcome = problem.code
    assert outcome == OUTCOMES[row.expect]


def test_nine_of_ten_files_hold_nine_of_ten_reference_words(limits: ParseLimits) -> None:
    recalls = {
        row.file: word_recall((DOCUMENTS / row.expected).read_text("utf-8"), read(row, limits).text)
        for row in manifest()
        if row.expected
    }
    print("\n" + "\n".join(f"{recall:.3f}  {file}" for file, recall in sorted(recalls.items())))  # noqa: T201 - the table.
    assert sum(recall >= 0.9 for recall in recalls.values()) >= 0.9 * len(recalls)


def word_recall(reference: str, text: str) -> float:
    """The share of the reference's words that the text has, counted with their repetitions.

    References are Markdown: their link targets, comments and backslashes are not on the page.
    """
    reference = re.sub(r"\]\([^)]*\)|<!--.*?-->|\\", "", reference)
    wanted, found = (Counter(re.findall(r"\w+", content.casefold())) for content in (reference, text))
    return (wanted & found).total() / wanted.total()
