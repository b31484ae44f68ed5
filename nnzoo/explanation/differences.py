"""Gradients beside the finite differences that confirm them, or do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Floats, Integers
from nnzoo.testing.numerics import STEP, one_sided_slopes, random

TOLERANCE = 1e-4
"""How far a gradient may be from its finite difference, relative to the larger one of both."""

SMALLEST = 1e-4
"""Smaller gradients are compared as if they were as large: rounding leaves the digits of a difference below uncertain.

Rounding errors grow with the loss, and so does this: it is for a loss of 1 or less."""

JUMP = 1e-5
"""How much the slopes on both sides of a kink differ at least, relative to the larger one."""

ROUNDING = 1e-7
"""Slopes that differ by no more than this may do so by rounding, for a loss of 1 or less."""

ALL_UP_TO = 16
"""Entries. Of a larger array some are checked: the `LARGEST` gradients, and as many others, always the same."""

LARGEST = 4

Verdict: TypeAlias = Literal["confirmed", "kink", "not confirmed"]


@dataclass(frozen=True)
class CheckedGradient:
    """The gradient of the loss with respect to an array, and finite differences for some of its entries.

    Attributes
    ----------
    values : ndarray
        ∂L/∂array, as the backward pass computed it.
    entries : ndarray of shape (m,)
        Flat indices of the entries that were checked.
    differences : ndarray of shape (m,)
        Central differences, (L(θ + h) − L(θ − h)) / 2h.
    relative : ndarray of shape (m,)
        How far gradients g and differences d are from each other: |g − d| / max(|g|, |d|, `SMALLEST`).
    kinks : ndarray of shape (m,), bool
        Where the slopes to the left and to the right differ, so that there is no derivative.
    """

    values: Floats
    entries: Integers
    differences: Floats
    relative: Floats
    kinks: NDArray[np.bool_]

    @property
    def found(self) -> Floats:
        """The gradient at the checked entries."""
        return self.values.reshape(-1)[self.entries]

    def verdicts(self) -> list[Verdict]:
        """What the differences say of each gradient that was checked."""
        return [
            "confirmed" if relative <= TOLERANCE else "kink" if kink else "not confirmed"
            for relative, kink in zip(self.relative, self.kinks, strict=True)
        ]


def check_gradient(loss: Callable[[], float], array: Floats, gradient: Floats) -> CheckedGradient:
    """Hold a gradient against finite differences.

    Where they do not agree, a second difference is taken, ten times nearer. A kink at the very place shows there by
    slopes on both sides that still differ by as much; a kink beside it is no longer in the way.

    Parameters
    ----------
    loss : callable
        The loss, as it is for what the array holds at the time.
    array : ndarray
        What the loss depends on; it is as it was afterwards.
    gradient : ndarray of the same shape
        ∂L/∂array.
    """
    entries, scale = _entries(gradient), max(1.0, abs(loss()))
    found = gradient.reshape(-1)[entries]
    left, right = one_sided_slopes(loss, array, entries)
    kinks = np.zeros(len(entries), bool)
    apart = np.flatnonzero(_relative(found, (left + right) / 2, SMALLEST * scale) > TOLERANCE)
    if len(apart):
        jump = np.abs(right - left)[apart]
        left[apart], right[apart] = one_sided_slopes(loss, array, entries[apart], STEP / 10)
        nearer = np.abs(right - left)[apart]  # where the loss is smooth, a tenth of the jump
        least = JUMP * np.maximum(np.abs(left), np.abs(right))[apart] + ROUNDING * scale
        kinks[apart] = (nearer > least) & (nearer > jump / 2)
    differences = (left + right) / 2
    relative = _relative(found, differences, SMALLEST * scale)
    return CheckedGradient(gradient, entries, differences, relative, kinks)


def _relative(found: Floats, differences: Floats, smallest: float) -> Floats:
    """The differences of two arrays, relative to the larger one and not to less than ``smallest``."""
    size = np.maximum(np.maximum(np.abs(found), np.abs(differences)), smallest)
    relative: Floats = np.abs(found - differences) / size
    return relative


def _entries(gradient: Floats) -> Integers:
    """Which entries to check; the largest gradients come first."""
    order = np.argsort(-np.abs(gradient.reshape(-1)), kind="stable")
    if gradient.size <= ALL_UP_TO:
        return np.arange(gradient.size)
    others = random(gradient.size).choice(order[LARGEST:], LARGEST, replace=False)
    return np.concatenate([order[:LARGEST], np.sort(others)])
