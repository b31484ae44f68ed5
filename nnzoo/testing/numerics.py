"""Central differences, gradients held against them, tolerances, and a count of the memory that a call takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.testing.check import CheckFailed, require

STEP = 1e-5
"""Of central differences in float64: the error of the formula and that of rounding are then both near 1e-10."""

TOLERANCE = 1e-6
"""How far a derivative may be off, relative to 1 + its size."""

KINK = 1e-3
"""Where the slope to the left and the slope to the right differ by more, relative to 1 + their size, is a kink."""


def random(*counters: int) -> np.random.Generator:
    """A generator of the kit's own, so that every run of a check sees the same numbers."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((20_211, *counters))))


def slopes(f: Callable[[NDArray[Any]], NDArray[Any]], x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The derivative of an elementwise function by central differences, and where it is smooth."""
    ahead, here, behind = f(x + STEP), f(x), f(x - STEP)
    right, left = (ahead - here) / STEP, (here - behind) / STEP
    central = (ahead - behind) / (2 * STEP)
    return central, np.abs(right - left) <= KINK * (1 + np.abs(central))


def partial_derivatives(
    f: Callable[[], float], array: NDArray[Any], entries: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """∂f/∂array at some entries (flat indices) by central differences, and where f is smooth in that entry."""
    left, right = one_sided_slopes(f, array, entries)
    central = (left + right) / 2
    return central, np.abs(right - left) <= KINK * (1 + np.abs(central))


def one_sided_slopes(
    f: Callable[[], float], array: NDArray[Any], entries: NDArray[Any], step: float = STEP
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The slopes of f to the left and to the right in some entries (flat indices) of an array that it depends on."""
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
    """Flat indices of up to ``count`` entries, always the same ones for arrays of one size."""
    return np.sort(random(array.size).choice(array.size, min(count, array.size), replace=False))


def far_off(found: NDArray[Any], expected: NDArray[Any], tolerance: float = TOLERANCE) -> int | None:
    """The flat index of the value that is furthest from the expected one; None where all are near enough."""
    error = (np.abs(found - expected) / (1 + np.abs(expected))).reshape(-1)
    error[~np.isfinite(error)] = np.inf
    worst = int(error.argmax()) if error.size else 0
    return worst if error.size and error[worst] > tolerance else None


@contextmanager
def floating_point_errors() -> Iterator[None]:
    """Overflow, division by zero and invalid values are errors within; underflow to zero is what it should be."""
    with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
        yield


def peak_memory(call: Callable[[], object]) -> int:
    """The most bytes that a repeated call, after a first one, holds at once beyond what there was before."""
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
    """Fail the check that is running unless ``gradient`` is ∂f/∂array at these entries (flat indices).

    Where f has a kink in an entry, the entry is left out. ``what`` names the gradient in the message.
    """
    found = gradient.reshape(-1)[entries].copy()
    expected, smooth = partial_derivatives(f, array, entries)
    require(smooth.mean() > 0.5, f"there is no {what}: what it is of jumps")
    place = far_off(found[smooth], expected[smooth], tolerance)
    if place is not None:
        raise CheckFailed(
            f"the {what} is {found[smooth][place]:.6g}, and by central differences {expected[smooth][place]:.6g}"
        )
