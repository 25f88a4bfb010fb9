"""A short slice of the crash test with fixed seeds; `make crash-test` runs the long one."""

import sys
from pathlib import Path

import anyio
import pytest
from tests.postgres import reachable_postgres

_ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(store: str) -> None:
    command = [sys.executable, "-m", "tests.crash.run", "--seed", "7"]
    if store == "postgres":
        command += ["--kills", "3", "--documents", "20", "--postgres", await reachable_postgres()]
    else:
        command += ["--kills", "6", "--documents", "40"]
    trial = await anyio.run_process(command, cwd=_ROOT, check=False)
    assert trial.returncode == 0, (trial.stdout + trial.stderr).decode()
