"""Sharpness-aware minimization."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from annotated_types import Gt, doc
from nnzoo.api import Floats, Optimizer, OptimizerWrapper, ProbingOptimizer

from nnzoo_optimizers.momentum import HeavyBall


@dataclass(frozen=True)
class Sam(OptimizerWrapper, ProbingOptimizer):
    """Sharpness-aware minimization: follow the gradient at the worst point nearby, into flat minima.

    Equation, with g the gradient at the parameters θ, and f the step of the inner optimizer::

        ε = ρ g / ‖g‖
        θ ← f(θ, ∇L(θ + ε))

    Each step costs two passes over its batch. The norm is that of the whole gradient.

    References
    ----------
    Foret, Kleiner, Mobahi & Neyshabur (2021), "Sharpness-aware minimization for efficiently improving generalization",
    ICLR. ρ = 0.05 is their default.
    """

    name: ClassVar[str] = "sam"
    elementwise: ClassVar[bool] = False

    inner: Annotated[Optimizer, doc("the optimizer that takes the step")] = field(default_factory=HeavyBall)
    rho: Annotated[float, Gt(0), doc("distance of the gradient's point from the parameters")] = 0.05

    def init(self, params: Floats) -> dict[str, Floats]:
        return self.inner.init(params)

    def probe(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        norm = math.sqrt(float(grad.dot(grad)))
        if norm:  # a gradient of 0 has no worst point
            grad *= self.rho / norm
            params += grad

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        self.inner.update(params, grad, state, learning_rate, step)
