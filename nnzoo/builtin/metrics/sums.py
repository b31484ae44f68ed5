"""Weighted sums over a batch and quotients of sums, for the metrics here."""

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
"""The metrics for each kind of target."""


def require_fitting(metric: Metric, problem: Problem, *kinds: Literal["classes", "labels", "values"]) -> None:
    """Refuse a problem whose targets are of another kind.

    Raises
    ------
    UsageError
    """
    kind = "classes" if problem.has_classes else "labels" if problem.has_labels else "values"
    if kind not in kinds:
        raise UsageError(
            f"{metric.label} is for {' and '.join(kinds)}, but the targets of this task are {kind}",
            hint=f"metrics of {kind}: {FITTING[kind]}",
        )


def total_of(targets: NDArray[Any], weights: Floats | None) -> float:
    """The weight of a batch: the sum of its weights, or its length."""
    return float(len(targets) if weights is None else weights.sum())


def sum_of(array: Floats, weights: Floats | None) -> Floats:
    """The weighted sum of the rows of an array of shape (m, k)."""
    total: Floats = array.sum(axis=0) if weights is None else weights @ array
    return total


def sum_of_squares(array: Floats, weights: Floats | None) -> Floats:
    """The weighted sum of the squared rows of an array of shape (m, k), without an array of the squares."""
    operands = ("ij,ij->j", array, array) if weights is None else ("i,ij,ij->j", weights, array, array)
    total: Floats = np.einsum(*operands)
    return total


def quotient(part: Floats, whole: Floats) -> float | None:
    """The quotient of two arrays without axes; None if the divisor is 0."""
    return float(part) / float(whole) if whole else None


def finite(value: float) -> float | None:
    """The number if JSON can store it, else None."""
    return float(value) if math.isfinite(value) else None
