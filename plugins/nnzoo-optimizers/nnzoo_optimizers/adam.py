"""Adam, and AdamW with its own weight decay."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt, doc
from nnzoo.api import Floats, Optimizer


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam: momentum, divided by the root of the running mean of the squared gradient.

    Equation, at the step t = 1, 2, …::

        m ← β₁ m + (1 − β₁) g              m̂ = m / (1 − β₁ᵗ)
        v ← β₂ v + (1 − β₂) g²             v̂ = v / (1 − β₂ᵗ)
        θ ← θ − η m̂ / (√v̂ + ε)

    where θ are the parameters, g the gradient of the batch's mean loss, η the learning rate, and all is elementwise.
    The state is the first moment m and the second moment v, zero at first; m̂ and v̂ correct the bias towards zero that
    this gives them. As in the paper's Algorithm 1, and in PyTorch, ε is outside the root and not corrected.

    Weight decay, which nnzoo's trainer applies by itself, never gets into m and v. (PyTorch's
    ``Adam(weight_decay=…)`` adds it to the gradient.)

    References
    ----------
    Kingma & Ba (2015), "Adam: a method for stochastic optimization", ICLR, arXiv:1412.6980.
    """

    name: ClassVar[str] = "adam"
    default_learning_rate: ClassVar[float] = 1e-2
    default_weight_decay: ClassVar[float] = 0.1
    gradient_scaled: ClassVar[bool] = False
    in_pieces: ClassVar[bool] = True

    beta1: Annotated[float, Ge(0), Lt(1), doc("share of the old first moment that is kept at each step")] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1), doc("share of the old second moment that is kept at each step")] = 0.999
    epsilon: Annotated[float, Ge(1e-30), doc("added to the root, to prevent division by zero")] = 1e-8

    def init(self, params: Floats) -> dict[str, Floats]:
        return {"first_moment": np.zeros_like(params), "second_moment": np.zeros_like(params)}

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        adam_step(params, grad, state, learning_rate, step, self.beta1, self.beta2, self.epsilon)


@dataclass(frozen=True)
class AdamW(Optimizer):
    """Adam with decoupled weight decay.

    Equation, with m̂ and v̂ as in ``adam``::

        θ ← θ − η λ θ
        θ ← θ − η m̂ / (√v̂ + ε)

    where θ are the parameters, η the learning rate and λ the weight decay. The state is Adam's, the first moment m and
    the second moment v.

    As in PyTorch, and unlike the paper, the decay is multiplied by the learning rate (the paper by the schedule's
    factor alone), and it shrinks the whole vector, the biases as well. nnzoo's trainer has a decoupled decay too, for
    the weights alone and with any optimizer, ``--weight-decay``; it comes on top of this one, and is 0 by default here.
    So ``adam`` with ``--weight-decay 0.01`` is the same as this but for the biases.

    References
    ----------
    Loshchilov & Hutter (2019), "Decoupled weight decay regularization", ICLR, arXiv:1711.05101.
    """

    name: ClassVar[str] = "adamw"
    default_learning_rate: ClassVar[float] = 1e-2
    gradient_scaled: ClassVar[bool] = False
    in_pieces: ClassVar[bool] = True

    beta1: Annotated[float, Ge(0), Lt(1), doc("share of the old first moment that is kept at each step")] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1), doc("share of the old second moment that is kept at each step")] = 0.999
    epsilon: Annotated[float, Ge(1e-30), doc("added to the root, to prevent division by zero")] = 1e-8
    weight_decay: Annotated[float, Ge(0), doc("share of each parameter, times the learning rate, lost at a step")] = (
        0.01
    )

    def init(self, params: Floats) -> dict[str, Floats]:
        return {"first_moment": np.zeros_like(params), "second_moment": np.zeros_like(params)}

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        params *= 1 - learning_rate * self.weight_decay
        adam_step(params, grad, state, learning_rate, step, self.beta1, self.beta2, self.epsilon)


def adam_step(
    params: Floats,
    grad: Floats,
    state: dict[str, Floats],
    learning_rate: float,
    step: int,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> None:
    """Take the common step of Adam and AdamW in place, with ``grad`` as scratch space."""
    scale = adam_direction(grad, state["first_moment"], state["second_moment"], step, beta1, beta2, epsilon)
    grad *= learning_rate * scale
    params -= grad


def adam_direction(grad: Floats, m: Floats, v: Floats, step: int, beta1: float, beta2: float, epsilon: float) -> float:
    """Update both moments and write m̂ / (√v̂ + ε) into ``grad``, except for the factor, which is returned."""
    m *= beta1
    grad *= 1 - beta1
    m += grad

    v *= beta2
    np.square(grad, out=grad)
    grad *= (1 - beta2) / (1 - beta1) ** 2  # there still is a 1 − β₁ in the gradient
    v += grad

    # With c₁ = 1 − β₁ᵗ and c₂ = 1 − β₂ᵗ,  m̂ / (√v̂ + ε) = (√c₂ / c₁) m / (√v + √c₂ ε): two passes fewer.
    correction1, correction2 = 1 - beta1 ** (step + 1), math.sqrt(1 - beta2 ** (step + 1))
    np.sqrt(v, out=grad)
    grad += correction2 * epsilon
    np.divide(m, grad, out=grad)
    return correction2 / correction1
