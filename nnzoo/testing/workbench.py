"""One layer with all the arrays that a network would give it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import AnyLayer, Floats, LayerMemory, LayerPlan, MergeLayer, Parameter, Shape
from nnzoo.kinds.layer import scratch
from nnzoo.nn.initialization import initialize
from nnzoo.testing.numerics import random

DRAWN = 1024
"""Of more samples, which are for what is measured of memory, the values do not matter and need not be drawn."""
Shapes: TypeAlias = tuple[Shape, ...]
"""The shape of a sample of each input of a layer; most layers have one."""


@final
class Workbench:
    """A layer for samples of given shapes, with inputs, output, gradients and memory for one batch size.

    Attributes
    ----------
    inputs, out, grad_out, grads_in : ndarray, or list of ndarray
        Inputs (see `some_inputs`), output and the loss's gradient with respect to each. ``grads_in[0]`` is ``grad_out``
        if the layer plans for that. The loss is the sum of ``weights`` times the output, plus the layer's penalty if it
        has one.
    memory : LayerMemory
        Parameters start as the layer plans, with a little noise so that none is zero.
    handed_over : list of (str, str, ndarray)
        Every array of the memory as the layer received it: part, name, array.
    """

    def __init__(self, layer: AnyLayer, shapes: Shapes, samples: int, dtype: type[np.floating[Any]]) -> None:
        self.layer: Any = layer
        self.plan = plan_for(layer, shapes)
        rng = random(8)
        self.inputs: list[Floats] = [some_inputs(layer, (samples, *shape), rng).astype(dtype) for shape in shapes]
        self.weights: Floats = _normal((samples, *self.plan.output_shape), rng).astype(dtype)
        self.out: Floats = np.full_like(self.weights, np.nan)
        self.grad_out: Floats = np.full_like(self.weights, np.nan)
        in_place = self.plan.gradient_in_place
        self.grads_in = [self.grad_out] if in_place else [np.full_like(x, np.nan) for x in self.inputs]

        def started(parameter: Parameter) -> Floats:
            array = np.empty(parameter.shape, dtype)
            initialize(parameter, array, rng)
            return array

        parameters = {name: started(parameter) for name, parameter in self.plan.parameters.items()}
        for array in parameters.values():
            array += 0.1 * rng.standard_normal(array.shape).astype(dtype)
        self.memory = LayerMemory(
            parameters=parameters,
            gradients={name: np.full_like(array, np.nan) for name, array in parameters.items()},
            state={name: started(parameter) for name, parameter in self.plan.state.items()},
            workspace=scratch(self.plan.workspace, samples, dtype),
        )
        self.handed_over = [
            (part, name, array)
            for part in ("parameters", "gradients", "state", "workspace")
            for name, array in getattr(self.memory, part).items()
        ]

    def forward(self, *, training: bool = True, seed: int = 0) -> Floats:
        """Compute the output; a layer that draws random numbers draws the same ones for the same seed."""
        self.call_forward(training=training, seed=seed)
        return self.out

    def call_forward(self, *, training: bool = True, seed: int = 0) -> Any:
        """Call the layer's `forward` and return what it returns."""
        self.memory.training = training
        self.memory.rng = random(9, seed) if training and self.plan.random else None
        return self.layer.forward(_as_argument(self.layer, self.inputs), self.out, self.memory)

    def backward(self, *, wanted: Sequence[bool] = ()) -> Any:
        """Call the layer's `backward`, for all inputs or for those ``wanted``, and return what it returns."""
        np.copyto(self.grad_out, self.weights)
        wanted = wanted or [True] * len(self.inputs)
        grads = [grad if one else None for grad, one in zip(self.grads_in, wanted, strict=True)]
        inputs, grads_in = _as_argument(self.layer, self.inputs), _as_argument(self.layer, grads)
        return self.layer.backward(inputs, self.out, self.grad_out, grads_in, self.memory)

    def step(self) -> None:
        """Call forward and backward."""
        self.forward()
        self.backward()

    def loss(self) -> float:
        """The sum of weights times output and the penalty, from a forward pass that leaves the state unchanged."""
        state = {name: array.copy() for name, array in self.memory.state.items()}
        value = float(np.vdot(self.forward(), self.weights)) + self.memory.penalty
        for name, array in state.items():
            self.memory.state[name][...] = array
        return value

    def arrays(self) -> list[NDArray[Any]]:
        """Copies of the arrays that a step changes: output, input gradients, parameter gradients and state."""
        arrays = [self.out, *self.grads_in, *self.memory.gradients.values(), *self.memory.state.values()]
        return [array.copy() for array in arrays]


def some_inputs(layer: AnyLayer, shape: Shape, rng: np.random.Generator) -> NDArray[Any]:
    """Normally distributed numbers, or class numbers for a layer that expects them."""
    if not layer.class_inputs:
        return _normal(shape, rng)
    return rng.integers(getattr(layer, layer.class_inputs), size=shape)


def _normal(shape: Shape, rng: np.random.Generator) -> NDArray[Any]:
    """Normally distributed numbers; those of the first `DRAWN` samples again and again."""
    samples, *rest = shape
    return np.resize(rng.standard_normal((min(samples, DRAWN), *rest)), shape)


def plan_for(layer: AnyLayer, shapes: Shapes) -> LayerPlan:
    """The plan of a layer for samples of these shapes."""
    any_layer: Any = layer  # a MergeLayer plans for a tuple of shapes, a Layer for one
    plan: LayerPlan = any_layer.plan(_as_argument(layer, shapes))
    return plan


def _as_argument(layer: AnyLayer, several: Sequence[Any]) -> Any:
    """A tuple of all for a layer with several inputs, else the single one."""
    return tuple(several) if isinstance(layer, MergeLayer) else several[0]
