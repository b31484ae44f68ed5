"""An observer: the average of the weights after each step from a given one on (Izmailov et al. 2018, UAI).

nnzoo train --dataset digits --plugin examples/swa.py --schedule constant --observe swa:start=40
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc

from nnzoo.api import Floats, Moment, Observer, ObserverMemory, ObserverPlan, WeightsObserver, hookimpl


@dataclass(frozen=True)
class Swa(WeightsObserver):
    """Stochastic weight averaging: the mean of the parameters after each step from ``start`` on.

    Equation, for the n-th of them::

        ā ← ā + (θ − ā) / n
    """

    name: ClassVar[str] = "swa"

    start: Annotated[int, Ge(0), doc("steps before the average begins; until then it is the last parameters")] = 100

    def plan(self, moment: Moment) -> ObserverPlan:
        shape = moment.parameters.shape
        return ObserverPlan(state={"average": shape, "count": ()}, workspace={"change": shape})

    def after_step(self, moment: Moment, memory: ObserverMemory) -> None:
        average, change, count = memory.state["average"], memory.workspace["change"], memory.state["count"]
        if moment.step < self.start:
            np.copyto(average, moment.parameters)
            return
        count += 1
        np.subtract(moment.parameters, average, out=change)
        change /= float(count)
        average += change

    def weights(self, memory: ObserverMemory) -> Floats:
        return memory.state["average"]


@hookimpl
def nnzoo_observers() -> list[type[Observer]]:
    return [Swa]
