"""``nnzoo check`` ends, reports each cause once, and can skip checks for speed."""

import json
import signal
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo.api import Optimizer
from nnzoo.builtin.optimizers import Sgd
from nnzoo.testing import run_checks


@dataclass(frozen=True)
class Endless(Sgd):
    """It never ends; the time that is left for that is made short."""

    name: ClassVar[str] = "endless"

    def update(self, params, grad, state, learning_rate, step):
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 600
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        while True:
            pass


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam, written down directly."""

    name: ClassVar[str] = "plain-adam"
    default_learning_rate: ClassVar[float] = 0.001
    gradient_scaled: ClassVar[bool] = False
    first: ClassVar[int] = 1

    def init(self, params):
        return {"m": np.zeros_like(params), "v": np.zeros_like(params)}

    def update(self, params, grad, state, learning_rate, step):
        m, v, t = state["m"], state["v"], step + self.first
        m[...] = 0.9 * m + 0.1 * grad
        v[...] = 0.999 * v + 0.001 * grad**2
        params -= learning_rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


@dataclass(frozen=True)
class Late(Adam):
    """Adam that counts steps from 1."""

    name: ClassVar[str] = "late"
    first: ClassVar[int] = 0


def test_an_endless_loop_is_reported():
    report = run_checks(Endless, time_limit=600, skip=["cheap-import"])
    assert "state failed: it did not finish within 600 s" in str(report)
    assert not report.passed
    skipped = {outcome.reason for outcome in report.outcomes if outcome.status == "skipped"}
    assert skipped == {"on request", "fix state first"}


def test_a_check_for_speed_can_be_skipped():
    slow = ["cheap-import", "parabola", "rosenbrock"]
    (failed,) = [outcome for outcome in run_checks(Adam, skip=slow).outcomes if outcome.status == "failed"]
    assert failed.check.name == "no-allocation"
    assert "slow, but not wrong" in failed.reason
    assert "--skip no-allocation" in failed.reason
    assert run_checks(Adam, skip=[*slow, "no-allocation"]).passed
    with pytest.raises(ValueError, match="there is no check 'no-alocation': did you mean no-allocation"):
        run_checks(Adam, skip=["no-alocation"])


def test_counting_steps_from_one_is_reported_once():
    report = run_checks(Late, skip=["cheap-import", "no-allocation"])
    failed = [outcome for outcome in report.outcomes if outcome.status == "failed"]
    assert [outcome.check.name for outcome in failed] == ["state"]
    assert "at step 0 update fails" in failed[0].reason
    assert "write step + 1" in failed[0].reason


def test_the_command_has_skip_and_time_limit(nnzoo_here, tmp_path):
    outcome = nnzoo_here(tmp_path, "check", "schedule", "constant", "--skip", "nothing", "--json")
    assert outcome.code == 2
    assert "there is no check 'nothing'" in outcome.stderr
    outcome = nnzoo_here(
        tmp_path, "check", "schedule", "constant", "--skip", "cheap-import", "--time-limit", "60", "--json"
    )
    assert outcome.code == 0, outcome.stderr
    skipped = [row["check"] for row in json.loads(outcome.stdout)["checks"] if row["reason"] == "on request"]
    assert skipped == ["cheap-import"]
