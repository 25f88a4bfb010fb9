"""The data folder between processes: who holds it, which server runs on it, and the administrator's key for the CLI."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

from ragstone.kit.files import write_private
from ragstone.kit.problem import Kind, Problem

_LOCK: Final = "serve.lock"
_SERVER: Final = "server.json"
_ADMIN_KEY: Final = "admin.key"
_POLL_S: Final = 0.1


class DataFolderInUse(Problem):
    """Another process works on the data folder."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "data_folder_in_use"


@contextlib.contextmanager
def hold(data_dir: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Be the only process that works on the folder. The lock goes with the process, however it ends.

    Raises `DataFolderInUse` if another still holds it after `wait_s` seconds.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / _LOCK).open("a+") as file:
        deadline = time.monotonic() + wait_s
        while not _try_lock(file.fileno()):
            if time.monotonic() >= deadline:
                raise DataFolderInUse(path=str(data_dir), url=find_server(data_dir))
            time.sleep(_POLL_S)
        (data_dir / _SERVER).unlink(missing_ok=True)  # A killed server could not take its announcement back.
        yield


@contextlib.contextmanager
def announced(data_dir: Path, url: str) -> Iterator[None]:
    """Let the command line find the server while it runs. Call while holding the folder."""
    path = data_dir / _SERVER
    path.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def find_server(data_dir: Path) -> str | None:
    """The URL of the server that runs on the folder. What a dead one has left behind does not count."""
    try:
        record = json.loads((data_dir / _SERVER).read_text())
        with (data_dir / _LOCK).open("a+") as file:
            is_free = _try_lock(file.fileno())
    except (OSError, ValueError):
        return None
    return None if is_free else str(record["url"])


def read_admin_key(data_dir: Path) -> str | None:
    """The administrator's key as the command line keeps it."""
    try:
        return (data_dir / _ADMIN_KEY).read_text().strip() or None
    except OSError:
        return None


def keep_admin_key(data_dir: Path, secret: str) -> None:
    """Keep the administrator's key for the command line, readable by this user alone."""
    write_private(data_dir / _ADMIN_KEY, secret.encode())


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
