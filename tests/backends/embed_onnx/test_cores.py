"""Cores by affinity and by container quota."""

import os
from pathlib import Path

import pytest

from ragstone.backends.embed_onnx.cores import usable_cores


@pytest.fixture
def own_cgroup(tmp_path: Path) -> Path:
    path = tmp_path / "own"
    path.write_text("0::/outer/inner\n")
    return path


@pytest.fixture
def cgroups(tmp_path: Path) -> Path:
    (tmp_path / "cgroup/outer/inner").mkdir(parents=True)
    return tmp_path / "cgroup"


def test_without_a_quota_every_core_we_may_run_on_counts(cgroups: Path, own_cgroup: Path) -> None:
    (cgroups / "outer/inner/cpu.max").write_text("max 100000\n")
    assert usable_cores(cgroups, own_cgroup) == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("place", ["outer/inner", "outer", "."])
def test_a_quota_of_any_group_around_us_limits(cgroups: Path, own_cgroup: Path, place: str) -> None:
    (cgroups / place / "cpu.max").write_text("50000 100000\n")
    assert usable_cores(cgroups, own_cgroup) == 1


def test_a_quota_of_the_old_kind_limits_too(cgroups: Path, own_cgroup: Path) -> None:
    (cgroups / "cpu").mkdir()
    (cgroups / "cpu/cpu.cfs_period_us").write_text("100000\n")
    (cgroups / "cpu/cpu.cfs_quota_us").write_text("80000\n")
    assert usable_cores(cgroups, own_cgroup) == 1


def test_on_a_system_without_cgroups_every_core_counts(tmp_path: Path) -> None:
    assert usable_cores(tmp_path / "none", tmp_path / "none") == len(os.sched_getaffinity(0))
