"""The data folder between processes."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ragstone.entry.data_folder import (
    DataFolderInUse,
    announced,
    find_server,
    hold,
    keep_admin_key,
    read_admin_key,
)

HOLDER = (
    "import sys, time; from pathlib import Path; from ragstone.entry.data_folder import announced, hold\n"
    "with hold(Path(sys.argv[1])), announced(Path(sys.argv[1]), 'http://127.0.0.1:1'):\n"
    "    print('held', flush=True); time.sleep(60)\n"
)


def test_a_second_holder_is_refused_and_told_where_the_first_one_is(tmp_path: Path) -> None:
    with hold(tmp_path), announced(tmp_path, "http://127.0.0.1:1234"):
        assert find_server(tmp_path) == "http://127.0.0.1:1234"
        with pytest.raises(DataFolderInUse) as caught, hold(tmp_path):
            pass
        assert caught.value.facts == {"path": str(tmp_path), "url": "http://127.0.0.1:1234"}
    assert find_server(tmp_path) is None
    with hold(tmp_path):
        pass


def test_what_a_killed_server_left_behind_is_no_server(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert find_server(tmp_path) == "http://127.0.0.1:1"
        holder.kill()
    assert (tmp_path / "server.json").exists()
    assert find_server(tmp_path) is None
    with hold(tmp_path):
        pass


def test_the_administrators_key_is_for_this_user_alone(tmp_path: Path) -> None:
    assert read_admin_key(tmp_path) is None
    os.umask(0)
    keep_admin_key(tmp_path, "rs_secret")
    assert read_admin_key(tmp_path) == "rs_secret"
    assert stat.S_IMODE((tmp_path / "admin.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["admin.key"]
