"""Gradients checked against finite differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Floats, Integers
from nnzoo.testing.numerics import STEP, one_sided_slopes, random

TOLERANCE = 1e-4
"""The largest relative difference between a gradient and its finite difference that counts as agreement."""

SMALLEST = 1e-4
"""Smaller gradients are compared as if they were this large: rounding makes lower digits of a difference uncertain.

This is for a loss of 1 or less; above, it grows with the loss, as rounding errors do."""

JUMP = 1e-5
"""The least relative difference between the slopes on both sides of a kink."""

ROUNDING = 1e-7
"""The largest difference between two slopes that rounding may cause, for a loss of 1 or less."""

ALL_UP_TO = 16
"""Arrays of up to this size are checked entirely; of larger ones, the `LARGEST` gradients and as many fixed others."""

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
        Flat indices of the checked entries.
    differences : ndarray of shape (m,)
        Central differences, (L(θ + h) − L(θ − h)) / 2h.
    relative : ndarray of shape (m,)
        Relative differences between gradients g and differences d: |g − d| / max(|g|, |d|, `SMALLEST`).
    kinks : ndarray of shape (m,), bool
        Whether the slopes to the left and to the right differ, so that there is no derivative.
    """

    values: Floats
    entries: Integers
    differences: Floats
    relative: Floats
    kinks: NDArray[np.bool_]

    @property
    def at_entries(self) -> Floats:
        """The gradients of the checked entries."""
        return self.values.reshape(-1)[self.entries]

    def verdicts(self) -> list[Verdict]:
        """The verdict on each checked entry."""
        return [
            "confirmed" if relative <= TOLERANCE else "kink" if kink else "not confirmed"
            for relative, kink in zip(self.relative, self.kinks, strict=True)
        ]


def check_gradient(loss: Callable[[], float], array: Floats, gradient: Floats) -> CheckedGradient:
    """Check a gradient against finite differences.

    Where they disagree, the step is made ten times smaller. At a kink, the slopes on both sides still differ as much;
    a kink nearby no longer disturbs the difference.

    ``loss`` computes the loss for the current values of ``array``, which are changed during the check, and restored.
    ``gradient`` is ∂L/∂array, of the same shape.
    """
    entries, scale = _entries(gradient), max(1.0, abs(loss()))
    checked = gradient.reshape(-1)[entries]
    left, right = one_sided_slopes(loss, array, entries)
    kinks = np.zeros(len(entries), bool)
    apart = np.flatnonzero(_relative(checked, (left + right) / 2, SMALLEST * scale) > TOLERANCE)
    if len(apart):
        jump = np.abs(right - left)[apart]
        left[apart], right[apart] = one_sided_slopes(loss, array, entries[apart], STEP / 10)
        nearer = np.abs(right - left)[apart]  # where the loss is smooth, a tenth of the jump
        least = JUMP * np.maximum(np.abs(left), np.abs(right))[apart] + ROUNDING * scale
        kinks[apart] = (nearer > least) & (nearer > jump / 2)
    differences = (left + right) / 2
    relative = _relative(checked, differences, SMALLEST * scale)
    return CheckedGradient(gradient, entries, differences, relative, kinks)


def _relative(gradients: Floats, differences: Floats, smallest: float) -> Floats:
    """|gradients − differences|, relative to the larger of both, or to ``smallest`` if that is larger still."""
    size = np.maximum(np.maximum(np.abs(gradients), np.abs(differences)), smallest)
    relative: Floats = np.abs(gradients - differences) / size
    return relative


def _entries(gradient: Floats) -> Integers:
    """Flat indices of the entries to check; of a large array, the largest gradients come first."""
    order = np.argsort(-np.abs(gradient.reshape(-1)), kind="stable")
    if gradient.size <= ALL_UP_TO:
        return np.arange(gradient.size)
    others = random(gradient.size).choice(order[LARGEST:], LARGEST, replace=False)
    return np.concatenate([order[:LARGEST], np.sort(others)])
