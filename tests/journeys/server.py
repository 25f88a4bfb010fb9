"""The product as users run it: a process of its own on a data folder and a free port."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

KEY = "rs_a_key_for_tests_only_0123456789abcdef"
SERVICE_TOKEN = "a service token for tests only 0123456789"
_START_TIMEOUT_S = 90.0
_STOP_TIMEOUT_S = 60.0
_POLL_S = 0.02


class Server:
    """One data folder and the server on it, dead or alive. Its output goes to `log_path`."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.log_path = data_dir.with_suffix(".log")
        self._settings = {
            "RAGSTONE_DATA_DIR": str(data_dir),
            "RAGSTONE_AUTH__BOOTSTRAP_KEY": KEY,
            "RAGSTONE_SERVICE_TOKENS__GATEWAY__TOKEN": SERVICE_TOKEN,
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the server's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def database_url(self) -> str:
        """Of its store."""
        return self._settings.get("RAGSTONE_DATABASE__URL", f"sqlite+aiosqlite:///{self.data_dir / 'ragstone.sqlite'}")

    @property
    def is_running(self) -> bool:
        """Whether the server has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def spawn(self) -> None:
        """Start the server without waiting for it."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAGSTONE_")}
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ragstone", "serve", "--port", "0"],
                env=inherited | self._settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_ready(self) -> str:
        """The server's URL as soon as it listens. Raises `RuntimeError` if it ends or takes too long."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self.is_running:
            url = self._announced()
            if url is not None:
                return url
            time.sleep(_POLL_S)
        raise RuntimeError(f"the server did not start; its log says:\n{self.log_path.read_text()[-2000:]}")

    def wait_until_ended(self) -> int:
        """The exit status."""
        assert self._process is not None
        return self._process.wait(_STOP_TIMEOUT_S)

    def stop(self) -> int:
        """Ask the server to end; its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self.wait_until_ended()

    def kill(self) -> bool:
        """`kill -9`, and wait until the process is gone. Tells whether it was running."""
        if self._process is None or not self.is_running:
            return False
        self._process.kill()
        self._process.wait()
        return True

    def _announced(self) -> str | None:
        try:
            record = json.loads((self.data_dir / "server.json").read_text())
        except (OSError, ValueError):
            return None
        return str(record["url"]) if record["pid"] == self.pid else None
