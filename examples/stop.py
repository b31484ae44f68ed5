"""An observer that ends training as soon as the validation accuracy is high enough.

    nnzoo train --dataset digits --plugin examples/stop.py --observe good-enough:accuracy=0.95 --validation 0.1

The built-in `stop-at` does the same for any metric.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt, Le, doc

from nnzoo.api import EpochObserver, Moment, Observer, ObserverMemory, ObserverPlan, UsageError, hookimpl


@dataclass(frozen=True)
class GoodEnough(EpochObserver):
    """Ends the training after the first epoch whose validation accuracy is high enough."""

    name: ClassVar[str] = "good-enough"

    accuracy: Annotated[float, Gt(0), Le(1), doc("share of right answers")] = 0.95

    def plan(self, moment: Moment) -> ObserverPlan:
        if moment.figures and "accuracy" not in moment.figures:
            raise UsageError(f"{self.label} needs the metric accuracy", hint="add --metric accuracy, or metrics=…")
        return ObserverPlan()

    def after_epoch(self, moment: Moment, figures: Mapping[str, float | None], memory: ObserverMemory) -> str | None:
        reached = figures.get("validation_accuracy")
        if reached is None or reached < self.accuracy:
            return None
        return f"a validation accuracy of {reached:.1%} is good enough"


@hookimpl
def nnzoo_observers() -> list[type[Observer]]:
    return [GoodEnough]
