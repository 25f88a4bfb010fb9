"""`make bench`: every figure beside its floor, with a description of the machine, into `benchmarks/results/`.

python -m benchmarks.run [--quick]
"""

import argparse
import contextlib
import datetime as dt
import io
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from benchmarks import retrieval, speed
from ragstone import __version__

RESULTS = Path(__file__).parent / "results"
DATA = Path("../shared/data/retrieval")
QUALITY_SETS = ("scifact_train", "nq_gold", "xquad_en", "xquad_ar")


def main() -> None:
    """Run everything, print as it goes, keep the print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small data, a few minutes")
    quick = parser.parse_args().quick
    output = io.StringIO()
    with contextlib.redirect_stdout(_Tee(output)):
        speed.print_figures(speed.read_load(DATA / "nq_gold", 300 if quick else 2600, 100 if quick else 1000))
        for path in [DATA / name for name in (QUALITY_SETS[2:3] if quick else QUALITY_SETS)]:
            rows = retrieval.measure(retrieval.load(path), 200 if quick else None) if path.exists() else ()
            print("\n".join(rows or [f"{path.name}: the data set is not here"]), flush=True)
        print(_index_recall(10_000 if quick else 100_000), flush=True)
    RESULTS.mkdir(exist_ok=True)
    now = dt.datetime.now(dt.UTC)
    record = {
        "version": __version__,
        "at": now.isoformat(),
        "machine": machine(),
        "lines": output.getvalue().splitlines(),
    }
    (RESULTS / f"{now:%Y-%m-%dT%H%M%SZ}.json").write_text(json.dumps(record, indent=2) + "\n")


def _index_recall(n_chunks: int) -> str:
    """In a process of its own, so that its memory is its own too."""
    command = [sys.executable, str(Path(__file__).with_name("index_recall.py")), "--chunks", str(n_chunks)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def machine() -> dict[str, str]:
    """What the figures depend on."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory_mib": str(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


class _Tee(io.TextIOBase):
    """Writes to standard output and to a copy."""

    def __init__(self, copy: io.StringIO) -> None:
        self._copy = copy

    def write(self, text: str) -> int:
        sys.__stdout__.write(text)  # type: ignore[union-attr]  # A benchmark runs with a standard output.
        return self._copy.write(text)


if __name__ == "__main__":
    main()
