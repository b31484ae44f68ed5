"""The fully connected layer, and the layer that applies an activation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from annotated_types import Ge, doc

from nnzoo.api import (
    Activation,
    Buffer,
    ExplainedLayer,
    Floats,
    Initialization,
    Layer,
    LayerMemory,
    LayerPlan,
    LayerSample,
    Parameter,
    Shape,
    Terms,
    hookimpl,
    product,
)
from nnzoo.builtin import numpy_functions
from nnzoo.builtin.activations import Identity

SHARED = 2**18
"""A layer with this many weights or more divides its products among threads; below, the library's are faster."""


@dataclass(frozen=True)
class Dense(Layer, ExplainedLayer):
    """Fully connected layer; a sample of any shape is flattened to one row of values.

    Equation, for a batch x of shape (n, d), weights W of shape (d, units) and biases b::

        y = x W + b
        ∂L/∂W = xᵀ ∂L/∂y      ∂L/∂b = Σₙ ∂L/∂y      ∂L/∂x = ∂L/∂y Wᵀ
    """

    name: ClassVar[str] = "dense"

    in_numpy: ClassVar = numpy_functions.dense

    units: Annotated[int, Ge(1), doc("number of outputs")] = 64
    initialization: Annotated[Initialization, doc("how the weights start")] = "glorot"

    def plan(self, input_shape: Shape) -> LayerPlan:
        fan_in = math.prod(input_shape)
        weight = Parameter((fan_in, self.units), self.initialization, fan_in, self.units, is_weight=True)
        return LayerPlan(
            output_shape=(self.units,),
            parameters={"weight": weight, "bias": Parameter((self.units,))},
            workspace={"ones": Buffer((), fill=1), "biases": Buffer((self.units,))},
            shares_work=fan_in * self.units >= SHARED,
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        product(x.reshape(len(x), -1), memory.parameters["weight"], out)
        biases = memory.workspace["biases"]  # one row for each sample: NumPy would allocate to add the vector itself
        biases[...] = memory.parameters["bias"]
        out += biases

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        product(x.reshape(len(x), -1).T, grad_out, memory.gradients["weight"])
        memory.workspace["ones"].dot(grad_out, out=memory.gradients["bias"])  # four times as fast as a sum
        if grad_in is not None:
            product(grad_out, memory.parameters["weight"].T, grad_in.reshape(len(x), -1))

    def output_terms(self, entry: int, sample: LayerSample) -> Terms:
        weights = sample.parameters["weight"][:, entry]
        return Terms((sample.inputs[0].reshape(-1), weights), plus=float(sample.parameters["bias"][entry]))

    def gradient_terms(self, of: str | int, entry: int, sample: LayerSample, grad_out: Floats) -> Terms:
        if of == "bias":
            return Terms((grad_out[[entry]],))
        if of == "weight":
            place, unit = divmod(entry, self.units)
            return Terms((sample.inputs[0].reshape(-1)[[place]], grad_out[[unit]]))
        return Terms((grad_out, sample.parameters["weight"][entry]))


@dataclass(frozen=True)
class Activate(Layer):
    """Applies an activation to each value.

    Equation::

        y = f(x)
        ∂L/∂x = ∂L/∂y f′(x)
    """

    name: ClassVar[str] = "activate"
    applies: ClassVar[str] = "activation"

    activation: Annotated[Activation, doc("the function to apply")] = field(default_factory=Identity)

    def plan(self, input_shape: Shape) -> LayerPlan:
        return LayerPlan(input_shape, gradient_in_place=True)

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        self.activation.forward(x, out)

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        self.activation.backward(x, out, grad_out)


@hookimpl
def nnzoo_layers() -> list[type[Layer]]:
    return [Dense, Activate]
