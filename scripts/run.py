"""What `make run` does: a server in the background, the tour through the sample handbook, and where to go from here."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

DATA_DIR = Path(os.environ.get("RAGSTONE_DATA_DIR", "ragstone-data")).resolve()
START_TIMEOUT_S = 60.0
RAGSTONE = (sys.executable, "-m", "ragstone", "--data-dir", str(DATA_DIR))


def main() -> int:
    """Exit code 0 if the server runs and every citation of the tour was verified."""
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    log_path = DATA_DIR / "server.log"
    with log_path.open("w") as log:
        server = subprocess.Popen([*RAGSTONE, "serve"], stdout=log, stderr=log, start_new_session=True)
    url = wait_until_announced(server)
    if url is None:
        print(f"The server did not start. Its log, {log_path}, says:\n\n{log_path.read_text()}", file=sys.stderr)
        return 1
    tour = subprocess.run([*RAGSTONE, "tour"], check=False)
    print(f"\nThe server is running: {url} (process {server.pid}; API documentation at {url}/docs)")
    folder = os.path.relpath(DATA_DIR)
    print(f"The administrator's key is in {folder}/admin.key; the log in {folder}/server.log.")
    print(f"Ask on:  .venv/bin/ragstone --data-dir {folder} ask 'When is the visitor centre open?'")
    print(f"Stop it: kill {server.pid}")
    return tour.returncode


def wait_until_announced(server: "subprocess.Popen[bytes]") -> str | None:
    """The server's URL once it has written it down; None if it ended or took too long."""
    announcement = DATA_DIR / "server.json"
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        if announcement.exists():
            record = json.loads(announcement.read_text() or "{}")
            if record.get("pid") == server.pid:
                return str(record["url"])
        time.sleep(0.1)
    return None


if __name__ == "__main__":
    sys.exit(main())
