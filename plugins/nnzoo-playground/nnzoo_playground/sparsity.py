"""The observer `l1`: weights that shrink by the same amount, so that those which are not needed become 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le, doc
from nnzoo.api import GradientObserver, Moment, ObserverMemory, ObserverPlan

_WEIGHT = ".weight"


@dataclass(frozen=True)
class L1(GradientObserver):
    """Adds the gradient of an L1 penalty to that of the loss, for the weights alone.

    Equation, with the rate λ and each weight w::

        g ← g + λ sign(w)

    The loss that is reported is without the penalty.

    References
    ----------
    Tibshirani (1996), "Regression shrinkage and selection via the lasso", JRSS B 58.
    """

    name: ClassVar[str] = "l1"

    rate: Annotated[float, Ge(0), Le(10), doc("what each weight costs, times its size")] = 0.001

    def plan(self, moment: Moment) -> ObserverPlan:
        return ObserverPlan(workspace={name: array.shape for name, array in moment.arrays.items() if _is_weight(name)})

    def gradient(self, moment: Moment, memory: ObserverMemory) -> None:
        for name, sign in memory.workspace.items():
            np.sign(moment.arrays[name], out=sign)
            sign *= self.rate
            gradient = moment.gradients[name]
            gradient += sign


def _is_weight(name: str) -> bool:
    return name.endswith(_WEIGHT)
