"""One layer with all its arrays, as a network would bind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import AnyLayer, Floats, LayerMemory, LayerPlan, MergeLayer, Parameter, Shape
from nnzoo.nn.initialization import initialize
from nnzoo.testing.numerics import random

DRAWN = 1024
"""Of more samples, which are for what is measured of memory, the values do not matter and need not be drawn."""
Shapes: TypeAlias = tuple[Shape, ...]
"""Of samples: one for each input of a layer, of which most have one."""


@final
class Workbench:
    """A layer for samples of given shapes, with inputs, output, gradients and memory for one batch size.

    Attributes
    ----------
    inputs, out, grad_out, grads_in : ndarray, or list of ndarray
        Inputs (see `some_inputs`), output and the loss's gradient with respect to each. ``grads_in[0]`` is ``grad_out``
        where the layer plans for that. The loss is the sum of ``weights`` times the output,
        and the penalty of the layer if it has one.
    memory : LayerMemory
        Parameters start as the layer plans and are then shaken a little, so that none is zero.
    handed_over : list of (str, str, ndarray)
        Every array of the memory as the layer was given it: part, name, array.
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
            workspace={
                name: np.full((samples, *buffer.shape), buffer.fill, buffer.dtype or dtype)
                for name, buffer in self.plan.workspace.items()
            },
        )

        self.handed_over = [
            (part, name, array)
            for part in ("parameters", "gradients", "state", "workspace")
            for name, array in getattr(self.memory, part).items()
        ]

    def forward(self, *, training: bool = True, seed: int = 0) -> Floats:
        """The output for the inputs; a layer that draws random numbers draws the same ones for the same seed."""
        self.call_forward(training=training, seed=seed)
        return self.out

    def call_forward(self, *, training: bool = True, seed: int = 0) -> Any:
        """What `forward` of the layer returns."""
        self.memory.training = training
        self.memory.rng = random(9, seed) if training and self.plan.random else None
        return self.layer.forward(_as_taken(self.layer, self.inputs), self.out, self.memory)

    def backward(self, *, wanted: Sequence[bool] = ()) -> Any:
        """Fill the gradients, of all inputs or of those that are wanted; what `backward` of the layer returns."""
        np.copyto(self.grad_out, self.weights)
        wanted = wanted or [True] * len(self.inputs)
        grads = [grad if one else None for grad, one in zip(self.grads_in, wanted, strict=True)]
        taken = _as_taken(self.layer, self.inputs), self.out, self.grad_out, _as_taken(self.layer, grads), self.memory
        return self.layer.backward(*taken)

    def step(self) -> None:
        """Forward and backward."""
        self.forward()
        self.backward()

    def loss(self) -> float:
        """The sum of weights times output, from a forward pass that leaves the layer's state as it was."""
        state = {name: array.copy() for name, array in self.memory.state.items()}
        value = float(np.vdot(self.forward(), self.weights)) + self.memory.penalty
        for name, array in state.items():
            self.memory.state[name][...] = array
        return value

    def arrays(self) -> list[NDArray[Any]]:
        """All that a step leaves behind: output, input gradients, parameter gradients and state, copied."""
        kept = [self.out, *self.grads_in, *self.memory.gradients.values(), *self.memory.state.values()]
        return [array.copy() for array in kept]


def some_inputs(layer: AnyLayer, shape: Shape, rng: np.random.Generator) -> NDArray[Any]:
    """Normally distributed numbers; class numbers, where a layer says that it takes such."""
    if not layer.class_inputs:
        return _normal(shape, rng)
    return rng.integers(getattr(layer, layer.class_inputs), size=shape)


def _normal(shape: Shape, rng: np.random.Generator) -> NDArray[Any]:
    """Normally distributed numbers; those of the first `DRAWN` samples again and again."""
    samples, *rest = shape
    return np.resize(rng.standard_normal((min(samples, DRAWN), *rest)), shape)


def plan_for(layer: AnyLayer, shapes: Shapes) -> LayerPlan:
    """What a layer plans for samples of these shapes."""
    taken: Any = layer  # a MergeLayer plans for a tuple of shapes, a Layer for one
    plan: LayerPlan = taken.plan(_as_taken(layer, shapes))
    return plan


def _as_taken(layer: AnyLayer, several: Sequence[Any]) -> Any:
    """All of them for a layer with several inputs, else the one that there is."""
    return tuple(several) if isinstance(layer, MergeLayer) else several[0]
