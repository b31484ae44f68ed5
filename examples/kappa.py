"""A metric: Cohen's kappa, the agreement of answers with the classes beyond chance (Cohen 1960).

nnzoo train --dataset digits --plugin examples/kappa.py --metric accuracy --metric kappa
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnzoo.api import Buffer, Floats, Metric, MetricPlan, Problem, UsageError, hookimpl


@dataclass(frozen=True)
class Kappa(Metric):
    """Cohen's kappa: 1 if all answers are right, 0 if they agree as often as by chance.

    Equation, with the share p of right answers and the share q that would be right by chance::

        κ = (p − q) / (1 − q),  q = Σ P(ŷ = c) P(y = c)
    """

    name: ClassVar[str] = "kappa"

    def plan(self, problem: Problem) -> MetricPlan:
        if not problem.has_classes:
            raise UsageError(f"{self.label} is for classes", hint="metrics of values: r2, mae, rmse")
        k = problem.width
        return MetricPlan(("kappa",), {"pairs": (k * k,)}, {"place": Buffer((), np.intp)})

    def update(
        self,
        predicted: NDArray[Any],
        targets: NDArray[Any],
        weights: Floats | None,
        sums: Mapping[str, NDArray[np.float64]],
        workspace: Mapping[str, NDArray[Any]],
    ) -> None:
        pairs, place = sums["pairs"], workspace["place"]
        np.multiply(targets, round(pairs.size**0.5), out=place)
        place += predicted
        np.add.at(pairs, place, 1.0 if weights is None else weights)

    def values(self, sums: Mapping[str, NDArray[np.float64]]) -> tuple[float | None, ...]:
        k = round(sums["pairs"].size ** 0.5)
        pairs, total = sums["pairs"].reshape(k, k), sums["pairs"].sum()
        if not total:
            return (None,)
        right = pairs.trace() / total
        chance = (pairs.sum(axis=0) @ pairs.sum(axis=1)) / total**2
        return (None if chance == 1 else float((right - chance) / (1 - chance)),)


@hookimpl
def nnzoo_metrics() -> list[type[Metric]]:
    return [Kappa]
