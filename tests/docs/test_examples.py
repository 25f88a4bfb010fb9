"""What the documentation says to type does what it says.

Python blocks are run. Blocks marked `<!-- run -->` are run in order, page by page, in a folder that looks like a
checkout after `make run`: a `.venv`, and a server on `ragstone-data`. A comment `# → …` in one tells what it prints.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ragstone.entry.data_folder import find_server

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

ADDRESS = "http://127.0.0.1:8080"
"""How the pages call the server; examples are run with the real address in its place."""

_FENCE = re.compile(r"^(?P<run><!-- run -->\n)?```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMISED = re.compile(r"^# → (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A fenced block. `is_run` tells whether it is marked to be run where the server is."""

    line: int
    language: str
    code: str
    is_run: bool


@dataclass(frozen=True)
class Checkout:
    """A folder as a reader has it."""

    folder: Path
    url: str


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    folder = tmp_path_factory.mktemp("checkout")
    (folder / ".venv").symlink_to(Path(sys.prefix))
    command = [sys.executable, "-m", "ragstone", "--data-dir", "ragstone-data", "serve", "--port", "0"]
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=log) as server,
    ):
        assert server.stdout
        server.stdout.readline()  # The server says that it is ready.
        url = find_server(folder / "ragstone-data")
        assert url, (folder / "server.log").read_text("utf-8")
        yield Checkout(folder, url)
        server.terminate()


def environment() -> dict[str, str]:
    """Ours, without settings of ragstone, which the pages do not speak of."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("RAGSTONE_")}
    return {**ours, "RAGSTONE_DATA_DIR": "ragstone-data"}


def examples(page: Path) -> list[Example]:
    """The fenced blocks of a page, in order."""
    text = page.read_text("utf-8")
    return [
        Example(text.count("\n", 0, found.start()) + 1, found["language"], found["code"], bool(found["run"]))
        for found in _FENCE.finditer(text)
    ]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.timeout(400)  # A page may start the program a dozen times.
@pytest.mark.parametrize("page", [page for page in PAGES if any(e.is_run for e in examples(page))], ids=name_of)
def test_what_a_page_says_to_type_works(page: Path, checkout: Checkout) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    for example in examples(page):
        if not example.is_run:
            continue
        command = [sys.executable, "-c"] if example.language == "python" else ["bash", "-euo", "pipefail", "-c"]
        done = subprocess.run(
            [*command, example.code.replace(ADDRESS, checkout.url)],
            cwd=checkout.folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        told = f"{name_of(page)}:{example.line}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, told
        assert [line for line in _PROMISED.findall(example.code) if line not in done.stdout] == [], told


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(e.language == "python" for e in examples(page))], ids=name_of
)
def test_python_on_a_page_that_needs_no_server_runs(page: Path) -> None:
    for example in examples(page):
        if example.language == "python" and not example.is_run:
            exec(compile(example.code, f"{name_of(page)}:{example.line}", "exec"), {"__name__": "example"})  # noqa: S102 - Our own pages.
