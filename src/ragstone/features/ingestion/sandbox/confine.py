"""What the parser process gives up before it reads a file. Each limit stands for itself: where a kernel does not know
one, the others hold.
"""

import contextlib
import ctypes
import math
import os
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ragstone.features.ingestion.sandbox.landlock import close_file_system

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
_MAX_OPEN_FILES: Final = 32
_STATM: Final = Path("/proc/self/statm")


def confine(parent_pid: int, memory_bytes: int, readable: Sequence[str] = ()) -> None:
    """Give up for good: the network, new privileges, other processes, writing files and reading any but Python's own
    and those named, life without the parent, and more than `memory_bytes` of address space above what is in use now.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)  # Fails where unprivileged namespaces are switched off.
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # After `unshare`, which clears it.
        if os.getppid() != parent_pid:  # The parent died before the kernel was told to watch it.
            sys.exit()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, _MAX_OPEN_FILES)
    _limit(resource.RLIMIT_AS, address_space_bytes() + memory_bytes)
    if sys.platform == "linux":
        close_file_system(libc, (*sys.path, *_LIBRARIES, str(_STATM.parent), *readable))


def allow_cpu(seconds: float) -> None:
    """Let the kernel end this process when it has used so many more seconds of processor time, rounded up."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + seconds), hard))


def address_space_bytes() -> int:
    """How much address space this process has; 0 where the system does not say."""
    if not _STATM.exists():
        return 0
    n_pages, *_ = _STATM.read_text("ascii").split()
    return int(n_pages) * resource.getpagesize()


def _limit(what: int, value: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # macOS refuses some limits.
        resource.setrlimit(what, (value, value))
