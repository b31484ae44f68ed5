"""AdaGrad: each parameter's learning rate shrinks with its past gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import Floats, Optimizer


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """AdaGrad, the diagonal version: every parameter has its own learning rate, which only shrinks.

    Equation::

        s ← s + g²
        θ ← θ − η g / (√s + ε)

    where θ are the parameters, g the gradient of the batch's mean loss, η the learning rate, and all is elementwise.
    The state is the sum of squares s, zero at first, and an array of scratch space that carries nothing from one step
    to the next.

    The first step is η in every direction, so a schedule that warms up suits it. The paper writes the small number as
    δ, added to the root (Figure 1). PyTorch's ``Adagrad`` with default settings is the same.

    References
    ----------
    Duchi, Hazan & Singer (2011), "Adaptive subgradient methods for online learning and stochastic optimization", J.
    Mach. Learn. Res. 12.
    """

    name: ClassVar[str] = "adagrad"
    default_learning_rate: ClassVar[float] = 0.25
    gradient_scaled: ClassVar[bool] = False
    in_pieces: ClassVar[bool] = True

    epsilon: Annotated[float, Ge(1e-30), doc("added to the root, to prevent division by zero")] = 1e-10

    def init(self, params: Floats) -> dict[str, Floats]:
        return {"sum_of_squares": np.zeros_like(params), "scratch": np.zeros_like(params)}

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        sum_of_squares, scratch = state["sum_of_squares"], state["scratch"]
        np.square(grad, out=scratch)
        sum_of_squares += scratch

        np.sqrt(sum_of_squares, out=scratch)
        scratch += self.epsilon
        grad /= scratch
        grad *= learning_rate
        params -= grad
