"""Becomes tesseract, after giving up what the parser process gives up: it reads pictures that strangers made.

Called as `ocr_child <pid of the parent> <memory_bytes> <cpu_s> <program> <arguments…>`.
"""

import os
import sys
from pathlib import Path
from typing import Final

from ragstone.features.ingestion.sandbox.confine import allow_cpu, confine

_MODELS: Final = ("/usr/share/tesseract-ocr", "/usr/share/tessdata", "/usr/local/share/tessdata", "/opt/homebrew/share")


def main() -> None:
    """Confine this process, then run the program in it."""
    parent_pid, memory_bytes, cpu_s, program, *arguments = sys.argv[1:]
    confine(int(parent_pid), int(memory_bytes), readable=(program, str(Path(program).parent.parent / "lib"), *_MODELS))
    allow_cpu(float(cpu_s))
    os.execv(program, [program, *arguments])  # noqa: S606 -- No shell is wanted.


if __name__ == "__main__":
    main()
