"""`Model`: an architecture."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from nnzoo.component import Component
from nnzoo.kinds.activation import Activation
from nnzoo.kinds.arrays import Shape
from nnzoo.kinds.layer import Layer


@dataclass(frozen=True)
class Model(Component):
    """An architecture: from the shape of the input and the number of outputs to a list of layers."""

    kind: ClassVar[str] = "model"

    @abstractmethod
    def depth(self) -> int:
        """How many hidden layers a gradient passes through, one after the other; at least 1.

        Deeper networks want smaller steps: the default learning rate of a gradient-scaled optimizer is divided by it.
        """

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
            What the user chose for the hidden layers.

        Raises
        ------
        UsageError
            When samples of this shape can't be its input.
        """
