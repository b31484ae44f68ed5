"""Checks of optimizers on two surfaces whose minimum is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Optimizer, ProbingOptimizer
from nnzoo.testing.check import CheckFailed

RATES = tuple(10.0 ** (k / 2) for k in range(3, -11, -1))
"""Learning rates that convergence is tried with, largest first: 32 … 3e-6."""

PARABOLA_STEPS, ROSENBROCK_STEPS = 1000, 6000


def check_parabola(optimizer: Optimizer) -> None:
    """With some learning rate it comes near the minimum of a parabola in ten dimensions."""
    curvature = np.linspace(0.3, 3, 10)
    start = np.linspace(-1.5, 1.7, 10)

    def gradient(x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(curvature * x)

    def value(x: NDArray[Any]) -> float:
        return float(0.5 * np.vdot(x, curvature * x))

    _require_descent(optimizer, "the parabola", value, gradient, start, PARABOLA_STEPS, value(start) / 1000)


def check_rosenbrock(optimizer: Optimizer) -> None:
    """With some learning rate it gets along Rosenbrock's curved valley."""

    def gradient(p: NDArray[Any]) -> NDArray[Any]:
        x, y = float(p[0]), float(p[1])
        return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])

    def value(p: NDArray[Any]) -> float:
        x, y = float(p[0]), float(p[1])
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2

    _require_descent(optimizer, "Rosenbrock's valley", value, gradient, np.array([-1.2, 1.0]), ROSENBROCK_STEPS, 0.5)


def _require_descent(
    optimizer: Optimizer,
    where: str,
    value: Callable[[NDArray[Any]], float],
    gradient: Callable[[NDArray[Any]], NDArray[Any]],
    start: NDArray[Any],
    steps: int,
    goal: float,
) -> None:
    """Try all learning rates, each falling to zero along a straight line, until one reaches the goal."""
    lowest = math.inf
    for rate in RATES:
        x, state = start.copy(), optimizer.init(start)
        with np.errstate(all="ignore"):  # too large a rate diverges, and the next is tried
            for step in range(steps):
                rate_now, at = rate * (1 - step / steps), x
                if isinstance(optimizer, ProbingOptimizer):
                    optimizer.probe(at := x.copy(), gradient(x), state, rate_now, step)
                optimizer.update(x, gradient(at), state, rate_now, step)
                if not (np.abs(x) < 1e3).all():
                    break
            else:
                lowest = min(lowest, value(x))
        if lowest <= goal:
            return
    if lowest == math.inf:
        raise FloatingPointError(
            f"on {where} the parameters grow without end, or are not finite, at every learning rate"
        )
    raise CheckFailed(
        f"in {steps} steps on {where} no learning rate brings it below {lowest:.3g}; {goal:.3g} is expected"
    )
