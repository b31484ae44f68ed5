"""`Model` and `GraphModel`: an architecture as a list or a graph of layers."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from nnzoo.component import Component
from nnzoo.kinds.activation import Activation
from nnzoo.kinds.arrays import Shape
from nnzoo.kinds.graph import Graph
from nnzoo.kinds.layer import Layer
from nnzoo.kinds.task import Problem


@dataclass(frozen=True)
class AnyModel(Component):
    """The common base of `Model` and `GraphModel`."""

    kind: ClassVar[str] = "model"

    @abstractmethod
    def depth(self) -> int:
        """The number of hidden layers that a gradient passes through, at least 1.

        Deeper networks need smaller steps: it divides the default learning rate of a gradient-scaled optimizer.
        """


@dataclass(frozen=True)
class Model(AnyModel):
    """An architecture that is a plain sequence of layers."""

    @abstractmethod
    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        """The layers in order; the last one yields ``outputs`` logits for each sample.

        Parameters
        ----------
        input_shape : tuple of int
            Shape of one sample: (28, 28) for MNIST.
        outputs : int
            Number of classes, or of values in regression.
        activation : Activation
            The user's choice for the hidden layers.

        Raises
        ------
        UsageError
            When the model does not support this input shape.
        """


@dataclass(frozen=True)
class GraphModel(AnyModel):
    """An architecture that branches, joins branches, shares weights, or has several inputs."""

    @abstractmethod
    def graph(self, problem: Problem, activation: Activation) -> Graph:
        """The graph of layers; the last one yields ``math.prod(problem.output_shape)`` logits for each sample.

        Parameters
        ----------
        problem : Problem
            Shapes of inputs and outputs; if a sample has several inputs, ``problem.inputs`` lists them.
        activation : Activation
            The user's choice for the hidden layers.

        Raises
        ------
        UsageError
            When the model does not support these shapes.
        """
