"""The observer `l1`: all weights shrink by the same amount, so that unneeded ones become 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le, doc
from nnzoo.api import GradientObserver, Moment, ObserverMemory, ObserverPlan


@dataclass(frozen=True)
class L1(GradientObserver):
    """Adds the gradient of an L1 penalty on the weights to that of the loss.

    Equation, with the rate λ and each weight w::

        g ← g + λ sign(w)

    The reported loss does not contain the penalty.

    References
    ----------
    Tibshirani (1996), "Regression shrinkage and selection via the lasso", JRSS B 58.
    """

    name: ClassVar[str] = "l1"

    rate: Annotated[float, Ge(0), Le(10), doc("factor λ of the penalty")] = 0.001

    def plan(self, moment: Moment) -> ObserverPlan:
        weights = {name: array.shape for name, array in moment.arrays.items() if name.endswith(".weight")}
        return ObserverPlan(workspace=weights)

    def gradient(self, moment: Moment, memory: ObserverMemory) -> None:
        for name, sign in memory.workspace.items():
            np.sign(moment.arrays[name], out=sign)
            sign *= self.rate
            gradient = moment.gradients[name]
            gradient += sign
