"""The constant and the one-cycle learning-rate schedule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le, Lt, doc

from nnzoo.api import Schedule, hookimpl


@dataclass(frozen=True)
class Constant(Schedule):
    """The same learning rate at every step.

    Equation::

        factor(t) = 1
    """

    name: ClassVar[str] = "constant"

    def factor(self, step: int, total_steps: int) -> float:
        return 1.0


@dataclass(frozen=True)
class OneCycle(Schedule):
    """A linear warm-up, then a cool-down along half a cosine.

    Equation, with p = t / T the share of the T steps so far, w the warm-up and s the start::

        factor = s + (1 − s) p / w                      while p < w
        factor = ½ (1 + cos(π (p − w) / (1 − w)))       after that

    References
    ----------
    Smith & Topin (2018), "Super-convergence: very fast training of neural networks using large learning rates",
    arXiv:1708.07120. The cosine instead of a linear decay is a common variant.
    """

    name: ClassVar[str] = "one-cycle"
    rate_share: ClassVar[float] = 1.0

    warmup: Annotated[float, Ge(0), Lt(1), doc("share of the steps in the warm-up")] = 0.25
    start: Annotated[float, Gt(0), Le(1), doc("factor at the first step, if there is a warm-up")] = 0.04

    def factor(self, step: int, total_steps: int) -> float:
        progress = step / total_steps
        if progress < self.warmup:
            return self.start + (1 - self.start) * progress / self.warmup
        return 0.5 * (1 + math.cos(math.pi * (progress - self.warmup) / (1 - self.warmup)))


@hookimpl
def nnzoo_schedules() -> list[type[Schedule]]:
    return [Constant, OneCycle]
