"""The layer that adds a vector for each place in a sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import Buffer, Floats, Layer, LayerMemory, LayerPlan, Parameter, Shape

from nnzoo_sequences.onnx_nodes import position_nodes
from nnzoo_sequences.shapes import steps_and_size


def position(x: Floats, weight: Floats) -> Floats:
    """Learned positions: a vector of its own is added at each step."""
    return x + weight


@dataclass(frozen=True)
class Position(Layer):
    """Learned positions: at each step of a sequence a vector is added that is learnt for that step.

    Equation, for sequences x of shape (n, t, d) and weights P of shape (t, d)::

        y[n,t,d] = x[n,t,d] + P[t,d]
        ∂L/∂P = Σₙ ∂L/∂y      ∂L/∂x = ∂L/∂y

    References
    ----------
    Gehring, Auli, Grangier, Yarats & Dauphin (2017), "Convolutional sequence to sequence learning", arXiv:1705.03122.
    """

    name: ClassVar[str] = "position"
    in_numpy: ClassVar = position
    exports: ClassVar = {"onnx": position_nodes}

    def plan(self, input_shape: Shape) -> LayerPlan:
        shape = steps_and_size(self, input_shape)
        return LayerPlan(
            shape,
            parameters={"weight": Parameter(shape, "lecun", shape[1])},
            workspace={"ones": Buffer((), fill=1)},
            gradient_in_place=True,
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        np.add(x, memory.parameters["weight"], out=out)

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        rows = grad_out.reshape(len(x), -1)
        np.matmul(memory.workspace["ones"], rows, out=memory.gradients["weight"].reshape(-1))  # a sum, but faster
