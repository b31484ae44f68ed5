"""LAMB: Adam with steps whose length in each layer is a share of the norm of its weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt, doc
from nnzoo.api import Arrays, Floats, LayerwiseOptimizer

from nnzoo_optimizers.adam import adam_direction
from nnzoo_optimizers.norms import is_matrix, norm


@dataclass(frozen=True)
class Lamb(LayerwiseOptimizer):
    """LAMB: Adam's direction, with a step length that is a share of the norm of each weight array.

    Equation, for each array θ of weights, with m̂ and v̂ as in ``adam``::

        u = m̂ / (√v̂ + ε) + λ θ
        θ ← θ − η (‖θ‖ / ‖u‖) u                the quotient is 1 where ‖θ‖ or ‖u‖ is 0

    where η is the learning rate and λ the weight decay. The state is Adam's two moments of each array, zero at first.
    Arrays with one axis, biases and gains, take Adam's step, without the quotient and without decay, as in the authors'
    program. The paper's φ, which may bound ‖θ‖, is the identity, as there.

    As each step is a share of the norm, λ changes its direction alone. What keeps weights from growing is nnzoo's own
    weight decay, ``--weight-decay``.

    References
    ----------
    You et al. (2020), "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR,
    arXiv:1904.00962.
    """

    name: ClassVar[str] = "lamb"
    default_learning_rate: ClassVar[float] = 0.015
    default_weight_decay: ClassVar[float] = 0.1
    gradient_scaled: ClassVar[bool] = False

    beta1: Annotated[float, Ge(0), Lt(1), doc("share of the old first moment that is kept at each step")] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1), doc("share of the old second moment that is kept at each step")] = 0.999
    epsilon: Annotated[float, Ge(1e-30), doc("added to the root, to prevent division by zero")] = 1e-6
    weight_decay: Annotated[float, Ge(0), doc("share of each weight that is added to its direction")] = 0.01

    def init_arrays(self, arrays: Arrays) -> dict[str, Floats]:
        moments = ("first_moment", "second_moment")
        return {f"{moment}.{name}": np.zeros_like(array) for moment in moments for name, array in arrays.items()}

    def update_arrays(
        self, arrays: Arrays, gradients: Arrays, state: dict[str, Floats], learning_rate: float, step: int
    ) -> None:
        for name, array in arrays.items():
            first, second, direction = state[f"first_moment.{name}"], state[f"second_moment.{name}"], gradients[name]
            rate = learning_rate
            scale = adam_direction(direction, first, second, step, self.beta1, self.beta2, self.epsilon)
            if is_matrix(array):
                direction *= scale
                scale, size, decay = 1.0, norm(array), self.weight_decay
                # ‖r + λ θ‖² = ‖r‖² + 2 λ r·θ + λ² ‖θ‖², which takes no further array.
                along = float(direction.reshape(-1).dot(array.reshape(-1)))
                length = math.sqrt(max(0.0, norm(direction) ** 2 + 2 * decay * along + (decay * size) ** 2))
                rate *= size / length if size and length else 1.0
                array *= 1 - rate * decay
            direction *= rate * scale
            array -= direction
