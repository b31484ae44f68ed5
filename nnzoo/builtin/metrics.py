"""Metrics of answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnzoo.api import Buffer, Floats, Metric, MetricPlan, Problem, hookimpl


@dataclass(frozen=True)
class Accuracy(Metric):
    """Share of right answers; where an answer is a row of labels, of those that are right in every label.

    Equation, with weights w (1 where there are none)::

        Σ wᵢ [ŷᵢ = yᵢ] / Σ wᵢ
    """

    name: ClassVar[str] = "accuracy"
    is_share: ClassVar[bool] = True

    def plan(self, problem: Problem) -> MetricPlan:
        shape = () if problem.has_classes else problem.target_shape[-1:]
        return MetricPlan(
            ("accuracy",),
            {"correct": (), "total": ()},
            {"equal": Buffer(shape, np.bool_), "right": Buffer((), np.bool_)},
        )

    def update(
        self,
        predicted: NDArray[Any],
        targets: NDArray[Any],
        weights: Floats | None,
        sums: Mapping[str, NDArray[np.float64]],
        workspace: Mapping[str, NDArray[Any]],
    ) -> None:
        right = np.equal(predicted, targets, out=workspace["equal"])
        if right.ndim == 2:
            right = np.logical_and.reduce(right, axis=1, out=workspace["right"])
        sums["correct"] += np.count_nonzero(right) if weights is None else weights[right].sum()
        sums["total"] += len(right) if weights is None else weights.sum()

    def values(self, sums: Mapping[str, NDArray[np.float64]]) -> tuple[float | None, ...]:
        total = float(sums["total"])
        return (float(sums["correct"]) / total if total else None,)


@hookimpl
def nnzoo_metrics() -> list[type[Metric]]:
    return [Accuracy]
