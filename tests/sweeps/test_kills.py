"""Killed sweeps have the same results after resuming; `python -m benchmarks.sweep_kills` does it a hundred times."""

from __future__ import annotations

import random
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SPEC = spec_from_file_location("sweep_kills", Path(__file__).parents[2] / "benchmarks/sweep_kills.py")
sys.modules[SPEC.name] = module_from_spec(SPEC)
SPEC.loader.exec_module(sys.modules[SPEC.name])
from sweep_kills import Driver, Processes, compare  # noqa: E402


@pytest.mark.thorough
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")
def test_six_kills_change_nothing(tmp_path):
    driver = Driver(tmp_path, ["--trials", "4", "--epochs", "20"], random.Random(1), Processes(), pause=1.5)
    undisturbed = driver.undisturbed()
    while driver.kills.total() < 6:
        compare(driver.disturbed(f"disturbed-{driver.kills.total()}", 6), undisturbed)
    assert {*driver.kills} == {"command", "worker"}
