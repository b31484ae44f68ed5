"""LARS: steps whose length in each layer is a share of the norm of its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt, doc
from nnzoo.api import Arrays, Floats, LayerwiseOptimizer

from nnzoo_optimizers.norms import is_matrix, norm


@dataclass(frozen=True)
class Lars(LayerwiseOptimizer):
    """LARS, layer-wise adaptive rate scaling: momentum with a rate that suits the norm of each weight array.

    Equation, for each array θ of weights and its gradient g::

        λ = τ ‖θ‖ / (‖g‖ + w ‖θ‖)              1 where ‖θ‖ or ‖g‖ is 0
        v ← β v + η λ (g + w θ)
        θ ← θ − v

    where η is the learning rate, τ the trust and w the weight decay. The state is a velocity v for each array, zero at
    first. Arrays with one axis, biases and gains, have λ = 1 and no decay: they start at 0, and a share of that would
    never move them.

    As in the paper's Algorithm 1, the learning rate is inside the velocity. The paper's τ is 0.001, for learning rates
    up to 32; here it is larger, so that one learning rate suits weights and biases. The weight decay w is part of the
    step; nnzoo's own, ``--weight-decay``, comes on top of it and is 0 by default here.

    References
    ----------
    You, Gitman & Ginsburg (2017), "Large batch training of convolutional networks", arXiv:1708.03888.
    """

    name: ClassVar[str] = "lars"
    default_learning_rate: ClassVar[float] = 0.15
    gradient_scaled: ClassVar[bool] = False

    beta: Annotated[float, Ge(0), Lt(1), doc("share of the old velocity that is kept at each step")] = 0.9
    trust: Annotated[
        float, Gt(0), doc("length of a step as a share of the weights' norm, for a learning rate of 1")
    ] = 0.05
    weight_decay: Annotated[float, Ge(0), doc("share of each weight that is added to its gradient")] = 5e-4

    def init_arrays(self, arrays: Arrays) -> dict[str, Floats]:
        return {f"velocity.{name}": np.zeros_like(array) for name, array in arrays.items()}

    def update_arrays(
        self, arrays: Arrays, gradients: Arrays, state: dict[str, Floats], learning_rate: float, step: int
    ) -> None:
        for name, array in arrays.items():
            velocity, gradient = state[f"velocity.{name}"], gradients[name]
            rate, decay = learning_rate, 0.0
            if is_matrix(array):
                decay = self.weight_decay
                rate *= self._ratio(norm(array), norm(gradient))
            velocity *= self.beta
            gradient *= rate
            velocity += gradient
            if decay:
                np.multiply(array, rate * decay, out=gradient)
                velocity += gradient
            array -= velocity

    def _ratio(self, size: float, slope: float) -> float:
        """λ of an array of this norm, whose gradient has that norm."""
        return self.trust * size / (slope + self.weight_decay * size) if size and slope else 1.0
