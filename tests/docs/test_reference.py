"""The reference says what the code does: generated pages are up to date, hand-written ones leave nothing out."""

import subprocess
import sys
from pathlib import Path

import pytest

from ragstone.features.answers.verify import Verdict
from ragstone.features.operations.doctor.findings import FindingKind
from ragstone.features.search.filters import PUBLIC_FIELDS
from ragstone.features.search.result import Notice
from ragstone.kit.problem import Kind
from ragstone.ports.filters import Op
from ragstone.ports.search_index import Plan

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"


def test_the_generated_reference_is_what_the_code_says() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "build_reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("reference/filters.md", [*Op, *PUBLIC_FIELDS, "metadata.<key>"]),
        ("reference/http.md", [*Notice, *Verdict, *Plan]),
        ("how-to/repair-with-the-doctor.md", list(FindingKind)),
        ("how-to/read-an-error.md", list(Kind)),
    ],
)
def test_a_page_names_every_one_of_them(page: str, words: list[str]) -> None:
    text = (DOCS / page).read_text("utf-8")
    assert [str(word) for word in words if f"`{word}`" not in text] == []


def test_every_server_sent_event_is_described() -> None:
    listed = (DOCS / "reference" / "events.md").read_text("utf-8").partition("## Server-sent events")[2]
    names = [line.split("`")[1] for line in listed.splitlines() if line.startswith("| `")]
    text = (DOCS / "reference" / "http.md").read_text("utf-8")
    assert names
    assert [name for name in names if f"`{name}`" not in text] == []


def test_the_readme_gives_the_two_commands_in_blocks_of_their_own() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert "```\nmake run\n```" in text
    assert "```\nmake test\n```" in text


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(path.name[:4]) for path in (DOCS / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
