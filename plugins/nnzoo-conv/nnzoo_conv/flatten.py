"""Images become rows of values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import Floats, Layer, LayerMemory, LayerPlan, Shape


def flatten(x: Floats) -> Floats:
    """Each sample as one row of values."""
    return x.reshape(len(x), -1)


@dataclass(frozen=True)
class Flatten(Layer):
    """Each sample, of any shape, as one row of values.

    Equation, for a batch x of shape (n, d₁, …, dₖ)::

        y = x, of shape (n, d₁ ⋯ dₖ)
        ∂L/∂x = ∂L/∂y, of the shape of x

    Within a row the last axis of the sample runs fastest. nnzoo's ``dense`` layer reads a sample like this anyway;
    ``flatten`` says so, and is for layers that don't.
    """

    name: ClassVar[str] = "flatten"
    in_numpy: ClassVar = flatten

    def plan(self, input_shape: Shape) -> LayerPlan:
        return LayerPlan(output_shape=(math.prod(input_shape),))

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        np.copyto(out, x.reshape(out.shape))

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        if grad_in is not None:
            np.copyto(grad_in, grad_out.reshape(grad_in.shape))
