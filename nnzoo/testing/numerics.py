"""Central differences, gradients compared with them, tolerances, and the memory that a call allocates."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.testing.check import CheckFailed, require

STEP = 1e-5
"""Step of central differences in float64: the errors of the formula and of rounding are then both near 1e-10."""

TOLERANCE = 1e-6
"""Largest error of a derivative, relative to 1 + its size."""

KINK = 1e-3
"""A function has a kink where the slopes to the left and right differ by more than this, relative to 1 + their size."""


def random(*counters: int) -> np.random.Generator:
    """A generator with a fixed seed, so that every run of a check sees the same numbers."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((20_211, *counters))))


def slopes(f: Callable[[NDArray[Any]], NDArray[Any]], x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The derivative of an elementwise function by central differences, and where it is smooth."""
    ahead, here, behind = f(x + STEP), f(x), f(x - STEP)
    right, left = (ahead - here) / STEP, (here - behind) / STEP
    central = (ahead - behind) / (2 * STEP)
    return central, np.abs(right - left) <= KINK * (1 + np.abs(central))


def one_sided_slopes(
    f: Callable[[], float], array: NDArray[Any], entries: NDArray[Any], step: float = STEP
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The slopes of f to the left and right of some entries (flat indices) of an array that it depends on."""
    flat, here = array.reshape(-1), f()
    left, right = np.empty(len(entries)), np.empty(len(entries))
    for place, entry in enumerate(entries):
        value = flat[entry]
        flat[entry] = value + step
        right[place] = (f() - here) / step
        flat[entry] = value - step
        left[place] = (here - f()) / step
        flat[entry] = value
    return left, right


def some_entries(array: NDArray[Any], count: int = 40) -> NDArray[Any]:
    """Flat indices of up to ``count`` entries, the same ones for all arrays of one size."""
    return np.sort(random(array.size).choice(array.size, min(count, array.size), replace=False))


def far_off(found: NDArray[Any], expected: NDArray[Any], tolerance: float = TOLERANCE) -> int | None:
    """The flat index of the value that is furthest from the expected one; None if all are close enough."""
    error = (np.abs(found - expected) / (1 + np.abs(expected))).reshape(-1)
    error[~np.isfinite(error)] = np.inf
    worst = int(error.argmax()) if error.size else 0
    return worst if error.size and error[worst] > tolerance else None


def near(found: NDArray[Any], expected: NDArray[Any]) -> bool:
    """Whether two arrays have one shape and the same values up to rounding errors; NaN equals NaN."""
    one, other = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    if one.shape != other.shape:
        return False
    both = np.isnan(one) & np.isnan(other)
    return far_off(np.where(both, 0, one), np.where(both, 0, other), 1e-9) is None


@contextmanager
def floating_point_errors() -> Iterator[None]:
    """Treat overflow, division by zero and invalid values as errors in this context; underflow to zero is correct."""
    with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
        yield


def peak_memory(call: Callable[[], object]) -> int:
    """The most bytes that repeated calls, after a first one, allocate at the same time."""
    call()
    tracemalloc.start()
    try:
        for _ in range(2):
            call()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak


def require_gradient(
    what: str,
    gradient: NDArray[Any],
    f: Callable[[], float],
    array: NDArray[Any],
    entries: NDArray[Any],
    tolerance: float = TOLERANCE,
) -> None:
    """Fail the running check unless ``gradient`` is ∂f/∂array at these entries (flat indices).

    Entries in which f has a kink are left out. ``what`` names the gradient in the message.
    """
    found = gradient.reshape(-1)[entries].copy()
    left, right = one_sided_slopes(f, array, entries)
    expected = (left + right) / 2
    smooth = np.abs(right - left) <= KINK * (1 + np.abs(expected))
    require(smooth.mean() > 0.5, f"there is no {what}: the function jumps")
    place = far_off(found[smooth], expected[smooth], tolerance)
    if place is not None:
        raise CheckFailed(
            f"the {what} is {found[smooth][place]:.6g}, and by central differences {expected[smooth][place]:.6g}"
        )
