"""A learning rate that drops when training makes no more progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le, Lt, doc
from nnzoo.api import MetricSchedule


@dataclass(frozen=True)
class ReduceOnPlateau(MetricSchedule):
    """A constant learning rate that drops whenever the loss has not improved for some epochs.

    The loss is the validation loss, or the training loss without a validation part. The test loss is
    never used: data that choose the learning rate can't judge the result.

    Equation, after each epoch with loss L, where b is the best loss so far, r the ratio and m the smallest factor::

        L < b − threshold |b|:   b ← L          the loss has improved
        patience epochs in a row without that:   factor ← max(m, r · factor)

    References
    ----------
    He, Zhang, Ren & Sun (2016), "Deep residual learning for image recognition", CVPR, arXiv:1512.03385, section 3.4
    ("the learning rate … is divided by 10 when the error plateaus").
    """

    name: ClassVar[str] = "reduce-on-plateau"

    ratio: Annotated[float, Gt(0), Lt(1), doc("what each drop multiplies the factor by")] = 0.1
    patience: Annotated[int, Ge(1), doc("epochs in a row without improvement that make it drop")] = 2
    min_factor: Annotated[float, Ge(0), Le(1), doc("smallest factor")] = 1e-3
    threshold: Annotated[float, Ge(0), Lt(1), doc("share of the best loss that counts as an improvement")] = 1e-3

    def factor(self, step: int, total_steps: int) -> float:
        return 1.0

    def after_epoch(self, metrics: Mapping[str, float | None], memory: dict[str, float]) -> float:
        loss, best = _watched(metrics), memory.get("best")
        if best is None or loss < best - self.threshold * abs(best):
            memory["best"], memory["waited"] = loss, 0.0
        else:
            memory["waited"] += 1
        factor = memory.get("factor", 1.0)
        if memory["waited"] >= self.patience:
            factor, memory["waited"] = max(self.min_factor, self.ratio * factor), 0.0
        memory["factor"] = factor
        return factor


def _watched(metrics: Mapping[str, float | None]) -> float:
    """The validation loss if there is one, else the training loss."""
    validation, train = metrics.get("validation_loss"), metrics["train_loss"]
    loss = train if validation is None else validation
    if loss is None:
        raise ValueError("reduce-on-plateau needs a validation_loss or a train_loss")
    return loss
