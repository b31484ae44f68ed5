"""One layer with all its arrays, as a network would bind it."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Floats, Layer, LayerMemory, Parameter, Shape
from nnzoo.nn.initialization import initialize
from nnzoo.testing.numerics import random


@final
class Workbench:
    """A layer for samples of one shape, with input, output, gradients and memory for one batch size.

    Attributes
    ----------
    x, out, grad_out, grad_in : ndarray
        Input, output and the loss's gradient with respect to each. ``grad_in`` is ``grad_out`` where the layer plans
        for that. The loss is the sum of ``weights`` times the output,
        and the penalty of the layer if it has one.
    memory : LayerMemory
        Parameters start as the layer plans and are then shaken a little, so that none is zero.
    handed_over : list of (str, str, ndarray)
        Every array of the memory as the layer was given it: part, name, array.
    """

    def __init__(self, layer: Layer, input_shape: Shape, samples: int, dtype: type[np.floating[Any]]) -> None:
        self.layer, self.plan = layer, layer.plan(input_shape)
        rng = random(8)
        self.x: Floats = rng.standard_normal((samples, *input_shape)).astype(dtype)
        self.weights: Floats = rng.standard_normal((samples, *self.plan.output_shape)).astype(dtype)
        self.out: Floats = np.full_like(self.weights, np.nan)
        self.grad_out: Floats = np.full_like(self.weights, np.nan)
        self.grad_in: Floats = self.grad_out if self.plan.gradient_in_place else np.full_like(self.x, np.nan)

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
        """The output for ``x``; a layer that draws random numbers draws the same ones for the same seed."""
        self.memory.training = training
        self.memory.rng = random(9, seed) if training and self.plan.random else None
        self.layer.forward(self.x, self.out, self.memory)
        return self.out

    def backward(self, *, input_gradient: bool = True) -> None:
        """Fill the gradients, from what `forward` left."""
        np.copyto(self.grad_out, self.weights)
        self.layer.backward(self.x, self.out, self.grad_out, self.grad_in if input_gradient else None, self.memory)

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
        """All that a step leaves behind: output, input gradient, parameter gradients and state, copied."""
        kept = [self.out, self.grad_in, *self.memory.gradients.values(), *self.memory.state.values()]
        return [array.copy() for array in kept]
