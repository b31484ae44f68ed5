"""Checks of schedules."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from nnzoo.component import with_article
from nnzoo.kinds import MetricSchedule, Schedule
from nnzoo.testing.check import CheckFailed, CheckSkipped, require

LENGTHS = (1, 2, 3, 10, 997)
LOSSES = (2.3, 1.1, 0.7, 0.69, 0.69, 0.69, 0.69, 0.71, 0.8, 0.6, 0.6, 0.6, 0.6)
"""Losses of epochs that improve, then stall, then improve once more."""

LARGEST = 100.0


def exercise(schedule: Schedule) -> list[Any]:
    """Use the schedule once."""
    factors = [schedule.factor(step, 50) for step in range(50)]
    return [factors, _factors(schedule, LOSSES)[0]] if isinstance(schedule, MetricSchedule) else [factors]


def check_factor(schedule: Schedule) -> None:
    """`factor` returns a finite Python number from 0 to 100 at every step of a training run of any length."""
    for total in LENGTHS:
        for step in range(total):
            _require_factor(schedule.factor(step, total), f"factor({step}, {total})")


def check_moves(schedule: Schedule) -> None:
    """In training runs of any length, even one step, some factor is above 0."""
    for total in LENGTHS:
        largest = max(schedule.factor(step, total) for step in range(total))
        hint = "start above 0, for example with (step + 1) / (total_steps + 1)"
        require(largest > 0, f"in a training run of {total} steps its factor is always 0", hint=hint)


def check_order(schedule: Schedule) -> None:
    """`factor` depends only on its arguments, so that a resumed training run gets the same factors."""
    total = 100
    forwards = [schedule.factor(step, total) for step in range(total)]
    schedule.factor(3, 7)
    backwards = [schedule.factor(step, total) for step in reversed(range(total))][::-1]
    require(
        forwards == backwards, "in another order of calls, it returns other factors", hint="keep nothing between calls"
    )


def check_rate_share(schedule: Schedule) -> None:
    """The class variable `rate_share` is above 0 and at most 1."""
    require(0 < schedule.rate_share <= 1, f"rate_share = {schedule.rate_share!r}")


def check_metrics(schedule: Schedule) -> None:
    """`after_epoch` returns a finite factor with and without a validation loss, and does not change the metrics."""
    if not isinstance(schedule, MetricSchedule):
        raise CheckSkipped("it does not use metrics")
    for validation in (None, 0.5):
        unmeasured = {"test_loss": None, "test_accuracy": None}
        metrics = {"epoch": 1, "train_loss": 0.4, "validation_loss": validation, **unmeasured}
        before = dict(metrics)
        _require_factor(schedule.after_epoch(metrics, {}), f"after_epoch with validation_loss {validation}")
        require(str(metrics) == str(before), "after_epoch changes the metrics")


def check_resumes(schedule: Schedule) -> None:
    """From a memory saved as JSON, it continues as without a stop."""
    if not isinstance(schedule, MetricSchedule):
        raise CheckSkipped("it does not use metrics")
    whole, _ = _factors(schedule, LOSSES)
    for stop in range(1, len(LOSSES)):
        first, memory = _factors(schedule, LOSSES[:stop])
        for key, value in memory.items():
            fine = isinstance(key, str) and isinstance(value, float | int)
            require(fine, f"memory[{key!r}] is {value!r}; only numbers by name can be saved")
        rest, _ = _factors(schedule, LOSSES[stop:], json.loads(json.dumps(memory)))
        hint = "keep everything in memory"
        require(first + rest == whole, f"resumed after epoch {stop}, it returns other factors", hint=hint)


def _factors(
    schedule: MetricSchedule, losses: tuple[float, ...], memory: dict[str, float] | None = None
) -> tuple[list[float], dict[str, float]]:
    """The factors after epochs with these losses, and the memory."""
    memory = {} if memory is None else memory
    return [schedule.after_epoch({"train_loss": loss, "validation_loss": loss}, memory) for loss in losses], memory


def _require_factor(value: Any, what: str) -> None:
    if isinstance(value, np.generic) or not isinstance(value, float | int):
        hint = "use math, not NumPy: np.float64 would promote float32 arithmetic"
        raise CheckFailed(f"{what} is {with_article(value)}", hint=hint)
    require(math.isfinite(value) and 0 <= value <= LARGEST, f"{what} is {value}")
