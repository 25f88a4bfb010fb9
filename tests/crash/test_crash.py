"""A short slice of the crash test with fixed seeds; `make crash-test` runs the long one."""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost_when_the_server_is_killed() -> None:
    command = [sys.executable, "-m", "tests.crash.run", "--kills", "6", "--documents", "40", "--seed", "7"]
    trial = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert trial.returncode == 0, trial.stdout + trial.stderr
