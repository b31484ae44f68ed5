"""Stochastic gradient descent, plain and with momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt, doc

from nnzoo.api import Floats, Optimizer, hookimpl


@dataclass(frozen=True)
class Sgd(Optimizer):
    """Stochastic gradient descent.

    Equation::

        θ ← θ − η g

    where θ are the parameters, g the gradient of the batch's mean loss and η the learning rate.

    References
    ----------
    Robbins & Monro (1951), "A stochastic approximation method", Ann. Math. Statist. 22.
    """

    name: ClassVar[str] = "sgd"
    default_learning_rate: ClassVar[float] = 1.0
    default_weight_decay: ClassVar[float] = 2e-4
    in_pieces: ClassVar[bool] = True

    def init(self, params: Floats) -> dict[str, Floats]:
        return {}

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        grad *= learning_rate
        params -= grad


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Gradient descent along a running average of the gradients.

    Equation::

        v ← β v + (1 − β) g
        θ ← θ − η v

    The velocity v is an exponential moving *average*, so that its size and a suitable learning rate hardly depend on
    β. The classical "heavy ball" (Polyak 1964), which most frameworks implement, adds the whole gradient,
    v ← β v + g. Both take the same steps if η_heavy = η (1 − β): a learning rate of 3 with β = 0.9 here is 0.3 there.

    References
    ----------
    Polyak (1964), "Some methods of speeding up the convergence of iteration methods", USSR Comput. Math. 4(5).
    Sutskever et al. (2013), "On the importance of initialization and momentum in deep learning", ICML.
    """

    name: ClassVar[str] = "momentum"
    default_learning_rate: ClassVar[float] = 3.0
    default_weight_decay: ClassVar[float] = 3e-4
    in_pieces: ClassVar[bool] = True

    beta: Annotated[float, Ge(0), Lt(1), doc("share of the old velocity that is kept at each step")] = 0.9

    def init(self, params: Floats) -> dict[str, Floats]:
        return {"velocity": np.zeros_like(params)}

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        velocity = state["velocity"]
        velocity *= self.beta
        grad *= 1 - self.beta
        velocity += grad
        np.multiply(velocity, learning_rate, out=grad)
        params -= grad


@hookimpl
def nnzoo_optimizers() -> list[type[Optimizer]]:
    return [Sgd, Momentum]
