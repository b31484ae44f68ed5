"""The fully connected layer along the last axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import Buffer, Floats, Initialization, Layer, LayerMemory, LayerPlan, Parameter, Shape

from nnzoo_sequences.onnx_nodes import linear_nodes


def linear(x: Floats, weight: Floats, bias: Any = 0) -> Floats:
    """Fully connected layer along the last axis: y = x W + b."""
    y: Floats = x @ weight + bias
    return y


@dataclass(frozen=True)
class Linear(Layer):
    """Fully connected layer along the last axis: each step of a sequence by itself, and all with the same weights.

    Equation, for x of shape (n, …, d), weights W of shape (d, units) and biases b; Σ goes over samples and steps::

        y = x W + b
        ∂L/∂W = Σ xᵀ ∂L/∂y      ∂L/∂b = Σ ∂L/∂y      ∂L/∂x = ∂L/∂y Wᵀ

    The built-in ``dense`` reads a whole sample as one row; of samples with one axis both compute the same.
    """

    name: ClassVar[str] = "linear"
    in_numpy: ClassVar = linear
    exports: ClassVar = {"onnx": linear_nodes}

    units: Annotated[int, Ge(1), doc("number of outputs at each step")] = 64
    bias: Annotated[bool, doc("whether a bias is added")] = True
    initialization: Annotated[Initialization, doc("how the weights start")] = "glorot"

    def plan(self, input_shape: Shape) -> LayerPlan:
        d, places = input_shape[-1], math.prod(input_shape[:-1])
        parameters = {"weight": Parameter((d, self.units), self.initialization, d, self.units, is_weight=True)}
        if self.bias:
            parameters["bias"] = Parameter((self.units,))
        return LayerPlan(
            (*input_shape[:-1], self.units),
            parameters=parameters,
            workspace={"ones": Buffer((places,), fill=1)} if self.bias else {},
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        y = out.reshape(-1, self.units)
        np.matmul(x.reshape(len(y), -1), memory.parameters["weight"], out=y)
        if self.bias:
            y += memory.parameters["bias"]

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        grad_y = grad_out.reshape(-1, self.units)
        np.matmul(x.reshape(len(grad_y), -1).T, grad_y, out=memory.gradients["weight"])
        if self.bias:
            ones = memory.workspace["ones"].reshape(-1)
            np.matmul(ones, grad_y, out=memory.gradients["bias"])  # a sum, but four times as fast
        if grad_in is not None:
            np.matmul(grad_y, memory.parameters["weight"].T, out=grad_in.reshape(len(grad_y), -1))
