"""How many processor cores this process may use, quotas of containers included."""

import math
import os
from pathlib import Path
from typing import Final

_CGROUPS: Final = Path("/sys/fs/cgroup")
_OWN_CGROUP: Final = Path("/proc/self/cgroup")


def usable_cores(cgroups: Path = _CGROUPS, own_cgroup: Path = _OWN_CGROUP) -> int:
    """The cores we may be scheduled on, or the cgroup's quota (version 2 or 1) rounded up if less; at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [_quota_v1(cgroups), *(_quota_v2(folder) for folder in _own_folders(cgroups, own_cgroup))]
    return max(1, min([cores, *(math.ceil(quota) for quota in quotas if quota)]))


def _own_folders(cgroups: Path, own_cgroup: Path) -> list[Path]:
    """The folder of our cgroup and of all above it: each of them may set a quota."""
    lines = (_read(own_cgroup) or "").splitlines()
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    folder = cgroups / own
    return [folder, *(parent for parent in folder.parents if parent.is_relative_to(cgroups))]


def _quota_v2(folder: Path) -> float | None:
    match (_read(folder / "cpu.max") or "").split():
        case [quota, period] if quota != "max":
            return int(quota) / int(period)
        case _:
            return None


def _quota_v1(cgroups: Path) -> float | None:
    quota, period = _read(cgroups / "cpu/cpu.cfs_quota_us"), _read(cgroups / "cpu/cpu.cfs_period_us")
    return int(quota) / int(period) if quota and period and int(quota) > 0 else None


def _read(path: Path) -> str | None:
    try:
        return path.read_text("ascii").strip()
    except OSError:
        return None
