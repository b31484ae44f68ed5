"""An optimizer that uses the gradient at other weights: sharpness-aware minimization (Foret et al. 2021).

nnzoo train --plugin examples/sam.py --dataset digits --optimizer sharpness-aware --epochs 20
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from annotated_types import Gt, doc

from nnzoo.api import Floats, Optimizer, OptimizerWrapper, ProbingOptimizer, hookimpl
from nnzoo.builtin.optimizers import Momentum


@dataclass(frozen=True)
class SharpnessAware(OptimizerWrapper, ProbingOptimizer):
    """Steps along the gradient at the worst point nearby, which leads to flat minima.

    Equation, with g the gradient at the parameters θ, and f the step of the inner optimizer::

        θ ← f(θ, ∇L(θ + ρ g / ‖g‖))
    """

    name: ClassVar[str] = "sharpness-aware"
    elementwise: ClassVar[bool] = False  # the norm is that of all parameters

    inner: Annotated[Optimizer, doc("the optimizer that takes the step")] = field(default_factory=Momentum)
    rho: Annotated[float, Gt(0), doc("distance of the gradient's point from the parameters")] = 0.05

    def init(self, params: Floats) -> dict[str, Floats]:
        return self.inner.init(params)

    def probe(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        norm = math.sqrt(float(grad.dot(grad)))
        if norm:
            grad *= self.rho / norm
            params += grad

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        self.inner.update(params, grad, state, learning_rate, step)


@hookimpl
def nnzoo_optimizers() -> list[type[Optimizer]]:
    return [SharpnessAware]
