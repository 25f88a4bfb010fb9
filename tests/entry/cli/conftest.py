"""The command line with a data folder of its own: run in this process, or, where signals matter, as a program."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
import structlog
from typer.testing import CliRunner

from ragstone.entry.cli.main import app

_OF_OTHERS = ("RAGSTONE_", "LC_", "COLUMNS")
"""What the environment of the tests must not change: settings, the language, and the width that xdist tells."""


@dataclass(frozen=True)
class Ran:
    """What one command left behind."""

    exit_code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Cli:
    """The command line with a data folder, and settings as environment variables."""

    data_dir: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *words: str | Path, **environment: str) -> Ran:
        theirs: dict[str, str | None] = {name: None for name in os.environ if name.startswith(_OF_OTHERS)}
        done = CliRunner().invoke(app, [*map(str, words)], env={**theirs, **self._environment(environment)})
        return Ran(done.exit_code, done.stdout, done.stderr)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """The same as a program of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OF_OTHERS)}
        return subprocess.Popen(
            [sys.executable, "-m", "ragstone", *words],
            env=kept | self._environment({}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A test run in the background ignores Ctrl-C, and what it starts would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - Nothing here holds a lock.
        )

    def _environment(self, extra: dict[str, str]) -> dict[str, str]:
        return {"RAGSTONE_DATA_DIR": str(self.data_dir), "LANG": "en_GB.UTF-8", **self.settings, **extra}

    @contextlib.contextmanager
    def serving(self) -> Iterator[Self]:
        """While a server runs on the data folder."""
        with self.start("serve", "--port", "0", "--json") as server:
            try:
                assert server.stdout is not None
                ready = json.loads(server.stdout.readline())
                assert ready["url"].startswith("http://127.0.0.1:")
                yield self
            finally:
                server.terminate()
                server.communicate(timeout=30)
        assert server.returncode == 0


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command sends logs to its own standard error, which is gone when the command is."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def make_cli() -> type[Cli]:
    """The command line with a data folder of the caller's choice."""
    return Cli


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The command line with an empty data folder."""
    return Cli(tmp_path / "data")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """The command line while a server runs on its data folder."""
    with Cli(tmp_path_factory.mktemp("served")).serving() as cli:
        yield cli
