"""Metrics of values: the errors of predictions."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nnzoo.api import Arrays, Buffer, Floats, Metric, MetricPlan, Problem
from nnzoo.builtin.metrics.sums import finite, require_fitting, sum_of, sum_of_squares, total_of


@dataclass(frozen=True)
class R2(Metric):
    """Coefficient of determination: the explained share of the targets' variance; 1 is perfect, 0 is the mean.

    Equation, for each value, with the targets' weighted mean ȳ; the mean over all values is reported::

        1 − Σ wᵢ (yᵢ − ŷᵢ)² / Σ wᵢ (yᵢ − ȳ)²

    A value that is the same in all samples counts as 1 if it is predicted exactly, else as 0. Fewer than two samples
    have no R². Mean and sum of squares are merged batch by batch, as differences from one of the targets, so that
    values far from 0 lose no digits.

    References
    ----------
    Chan, Golub & LeVeque (1983), "Algorithms for computing the sample variance", The American Statistician 37(3).
    """

    name: ClassVar[str] = "r2"
    title: ClassVar[str] = "R²"
    reads: ClassVar[Literal["answers", "predictions"]] = "predictions"

    def plan(self, problem: Problem) -> MetricPlan:
        require_fitting(self, problem, "labels", "values")
        sums = {"samples": (), "total": (), **dict.fromkeys(("origin", "mean", "squares", "errors"), (problem.width,))}
        return MetricPlan(("r2",), sums, {"difference": Buffer((problem.width,), np.float64)})

    def update(
        self, predicted: NDArray[Any], targets: NDArray[Any], weights: Floats | None, sums: Arrays, workspace: Arrays
    ) -> None:
        new = total_of(targets, weights)
        if not new:
            return
        old, difference = float(sums["total"]), workspace["difference"]
        np.subtract(targets, predicted, out=difference)
        sums["errors"] += sum_of_squares(difference, weights)
        if not old:
            sums["origin"][...] = targets[0 if weights is None else weights.argmax()]
        np.subtract(targets, sums["origin"], out=difference)
        mean = sum_of(difference, weights) / new
        difference -= mean
        mean -= sums["mean"]  # now the difference from the mean of all earlier samples
        sums["squares"] += sum_of_squares(difference, weights)
        sums["squares"] += mean * mean * (old * new / (old + new))
        sums["mean"] += mean * (new / (old + new))
        sums["total"] += new
        sums["samples"] += len(targets) if weights is None else np.count_nonzero(weights)

    def values(self, sums: Arrays) -> tuple[float | None, ...]:
        if sums["samples"] < 2:
            return (None,)
        errors, squares = sums["errors"], sums["squares"]
        unexplained = np.divide(errors, squares, out=np.where(errors > 0, 1.0, 0.0), where=squares > 0)
        return (finite(1 - unexplained.mean()),)


@dataclass(frozen=True)
class _Error(Metric):
    """A mean of errors, in the units of the data."""

    in_units: ClassVar[bool] = True
    reads: ClassVar[Literal["answers", "predictions"]] = "predictions"
    higher_is_better: ClassVar[bool] = False

    @abstractmethod
    def errors(self, difference: Floats, weights: Floats | None) -> Floats:
        """The weighted sum over the rows, of shape (k,); ``difference`` may be overwritten."""

    @abstractmethod
    def mean(self, errors: Floats) -> Floats:
        """The error of each value from its mean sum."""

    def plan(self, problem: Problem) -> MetricPlan:
        require_fitting(self, problem, "labels", "values")
        workspace = {"difference": Buffer((problem.width,), np.float64)}
        return MetricPlan((self.name,), {"errors": (problem.width,), "total": ()}, workspace)

    def update(
        self, predicted: NDArray[Any], targets: NDArray[Any], weights: Floats | None, sums: Arrays, workspace: Arrays
    ) -> None:
        difference = np.subtract(targets, predicted, out=workspace["difference"])
        sums["errors"] += self.errors(difference, weights)
        sums["total"] += total_of(targets, weights)

    def values(self, sums: Arrays) -> tuple[float | None, ...]:
        total = float(sums["total"])
        return (finite(self.mean(sums["errors"] / total).mean()) if total else None,)


@dataclass(frozen=True)
class MeanAbsoluteError(_Error):
    """Mean absolute error, in the units of the data; for several values, the mean over all of them.

    Equation, for each value::

        Σ wᵢ |yᵢ − ŷᵢ| / Σ wᵢ
    """

    name: ClassVar[str] = "mae"
    title: ClassVar[str] = "MAE"

    def errors(self, difference: Floats, weights: Floats | None) -> Floats:
        return sum_of(np.abs(difference, out=difference), weights)

    def mean(self, errors: Floats) -> Floats:
        return errors


@dataclass(frozen=True)
class RootMeanSquaredError(_Error):
    """Root of the mean squared error, in the units of the data; for several values, the mean of their roots.

    Equation, for each value::

        √(Σ wᵢ (yᵢ − ŷᵢ)² / Σ wᵢ)
    """

    name: ClassVar[str] = "rmse"
    title: ClassVar[str] = "RMSE"

    def errors(self, difference: Floats, weights: Floats | None) -> Floats:
        return sum_of_squares(difference, weights)

    def mean(self, errors: Floats) -> Floats:
        return np.sqrt(errors)
