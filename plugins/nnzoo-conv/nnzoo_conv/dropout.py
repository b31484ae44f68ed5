"""Random silence, against overfitting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt, doc
from nnzoo.api import Buffer, Floats, Layer, LayerMemory, LayerPlan, Shape


def dropout(x: Floats) -> Floats:
    """In a prediction nothing is dropped."""
    return x


@dataclass(frozen=True)
class Dropout(Layer):
    """Dropout: in training, each value is set to 0 with some probability, drawn at each step.

    Equation, with the rate p, and a mask m that is 0 with probability p and 1 / (1 − p) otherwise, for each value of
    each sample by itself::

        y = m x        (in a prediction, y = x)
        ∂L/∂x = m ∂L/∂y

    Other values grow by 1 / (1 − p) ("inverted dropout"): x is the mean of y, so that predictions need no scaling.
    Samples have any shape. The mask is drawn in float32 whatever the type of x, so that both types silence the same.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), "Dropout: a simple way to prevent neural networks
    from overfitting", Journal of Machine Learning Research 15.
    """

    name: ClassVar[str] = "dropout"
    in_numpy: ClassVar = dropout

    rate: Annotated[float, Ge(0), Lt(1), doc("probability that a value is silenced")] = 0.5

    def plan(self, input_shape: Shape) -> LayerPlan:
        mask = Buffer(input_shape, np.float32)
        return LayerPlan(input_shape, workspace={"mask": mask}, gradient_in_place=True, random=True)

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        if not memory.training:
            np.copyto(out, x)
            return
        mask, rng = memory.workspace["mask"], memory.rng
        assert rng is not None  # a layer that plans random numbers gets a generator at each training step
        rng.random(dtype=np.float32, out=mask)
        np.greater_equal(mask, self.rate, out=mask)
        mask *= 1 / (1 - self.rate)
        np.multiply(x, mask, out=out)

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        if grad_in is None:
            return
        if memory.training:
            np.multiply(grad_out, memory.workspace["mask"], out=grad_in)
        else:
            np.copyto(grad_in, grad_out)
