"""RMSProp: the gradient divided by its recent size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt, doc
from nnzoo.api import Floats, Optimizer


@dataclass(frozen=True)
class RmsProp(Optimizer):
    """RMSProp: divide each gradient by the root of the running mean of its square.

    Equation::

        v ← β v + (1 − β) g²
        θ ← θ − η g / (√v + ε)

    where θ are the parameters, g the gradient of the batch's mean loss, η the learning rate, and all is elementwise.
    The state is the mean square v, zero at first, and an array of scratch space that carries nothing from one step to
    the next.

    There is no bias correction: v starts too small and the first step is η / √(1 − β) in every direction, so a schedule
    that warms up suits it. PyTorch's ``RMSprop`` is the same; its alpha is β. Hinton's β is 0.9.

    References
    ----------
    Tieleman & Hinton (2012), "Lecture 6.5, rmsprop: divide the gradient by a running average of its recent magnitude",
    Coursera: Neural Networks for Machine Learning. The ε is later practice.
    """

    name: ClassVar[str] = "rmsprop"
    default_learning_rate: ClassVar[float] = 6e-3
    default_weight_decay: ClassVar[float] = 0.1
    gradient_scaled: ClassVar[bool] = False
    in_pieces: ClassVar[bool] = True

    beta: Annotated[float, Ge(0), Lt(1), doc("share of the old mean square that is kept at each step")] = 0.99
    epsilon: Annotated[float, Ge(1e-30), doc("added to the root, to prevent division by zero")] = 1e-8

    def init(self, params: Floats) -> dict[str, Floats]:
        return {"mean_square": np.zeros_like(params), "scratch": np.zeros_like(params)}

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        mean_square, scratch = state["mean_square"], state["scratch"]
        mean_square *= self.beta
        np.square(grad, out=scratch)
        scratch *= 1 - self.beta
        mean_square += scratch

        np.sqrt(mean_square, out=scratch)
        scratch += self.epsilon
        grad /= scratch
        grad *= learning_rate
        params -= grad
