"""Lion: steps of one size, whose signs a momentum decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt, doc
from nnzoo.api import Floats, Optimizer

TINY = 2.0**-80
"""Below this, about 1e-24, a number counts as zero in part. A power of two, so that dividing by it is exact."""


@dataclass(frozen=True)
class Lion(Optimizer):
    """Lion, evolved sign momentum: every parameter moves by exactly the learning rate, up or down.

    Equation::

        c = β₁ m + (1 − β₁) g
        θ ← θ − η sign(c)
        m ← β₂ m + (1 − β₂) g

    where θ are the parameters, g the gradient of the batch's mean loss, η the learning rate, and all is elementwise.
    The state is the momentum m, zero at first; it remembers for longer (β₂) than the step looks back (β₁).

    The paper's decoupled weight decay, θ ← θ − η λ θ, is nnzoo's own, ``--weight-decay``: for the weights alone. Since
    each parameter takes a full step, learning rates are three to ten times smaller than Adam's, and weight decays
    larger by as much.

    References
    ----------
    Chen et al. (2023), "Symbolic discovery of optimization algorithms", NeurIPS, arXiv:2302.06675.
    """

    name: ClassVar[str] = "lion"
    default_learning_rate: ClassVar[float] = 3e-3
    default_weight_decay: ClassVar[float] = 1.0
    gradient_scaled: ClassVar[bool] = False
    in_pieces: ClassVar[bool] = True

    beta1: Annotated[float, Ge(0), Lt(1), doc("share of the momentum in what decides the sign")] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1), doc("share of the old momentum that is kept at each step")] = 0.99

    def init(self, params: Floats) -> dict[str, Floats]:
        return {"momentum": np.zeros_like(params)}

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        momentum = state["momentum"]
        # With d = g − m, the new momentum is m′ = m + (1 − β₂) d, and c = m′ + (β₂ − β₁) d: no array but these two.
        grad -= momentum
        grad *= 1 - self.beta2
        momentum += grad
        grad *= (self.beta2 - self.beta1) / (1 - self.beta2)
        grad += momentum

        # sign(c), times the learning rate. np.sign is many times slower: it branches at every number.
        np.clip(grad, -TINY, TINY, out=grad)
        grad *= learning_rate / TINY
        params -= grad
