"""What metrics share: weighted sums over a batch, and quotients of sums."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnzoo.api import Floats, Metric, Problem, UsageError

FITTING = {
    "classes": "accuracy, top-k, balanced-accuracy, precision, recall, f1",
    "labels": "accuracy, precision, recall, f1, mae, rmse",
    "values": "r2, mae, rmse",
}
"""Which metrics there are for each kind of target."""


def require_fitting(metric: Metric, problem: Problem, *kinds: Literal["classes", "labels", "values"]) -> None:
    """Refuse a problem whose targets are none of these kinds.

    Raises
    ------
    UsageError
    """
    found = "classes" if problem.has_classes else "labels" if problem.has_labels else "values"
    if found not in kinds:
        raise UsageError(
            f"{metric.label} is for {' and '.join(kinds)}, but the targets of this task are {found}",
            hint=f"metrics of {found}: {FITTING[found]}",
        )


def total_of(targets: NDArray[Any], weights: Floats | None) -> float:
    """How much a batch counts: its weights, or its length."""
    return float(len(targets) if weights is None else weights.sum())


def sum_of(array: Floats, weights: Floats | None) -> Floats:
    """The weighted sum of the rows of an array of shape (m, k)."""
    total: Floats = array.sum(axis=0) if weights is None else weights @ array
    return total


def sum_of_squares(array: Floats, weights: Floats | None) -> Floats:
    """The weighted sum of the squares of the rows of an array of shape (m, k), without an array of the squares."""
    total: Floats = (
        np.einsum("ij,ij->j", array, array) if weights is None else np.einsum("i,ij,ij->j", weights, array, array)
    )
    return total


def quotient(part: Floats, whole: Floats) -> float | None:
    """A share, of arrays without axes; None of nothing."""
    return float(part) / float(whole) if whole else None


def finite(value: float) -> float | None:
    """A number that JSON can hold, or None."""
    return float(value) if math.isfinite(value) else None
