"""The model `stack`: an explicit sequence of layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import doc
from nnzoo.api import Activation, Layer, Model, Shape
from nnzoo.builtin.layers import Dense


@dataclass(frozen=True)
class Stack(Model):
    """A sequence of given layers, followed by a dense layer for the outputs.

    ``stack:hidden=(dense:units=8),(activate:activation=tanh),(dropout:rate=0.1)`` has one hidden layer. Any layer that
    a plugin provides can be used, and each can have a different activation.
    """

    name: ClassVar[str] = "stack"

    hidden: Annotated[tuple[Layer, ...], doc("the layers before the last one, in order")] = ()

    def depth(self) -> int:
        return max(1, sum(layer.name == "activate" for layer in self.hidden))

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        return [*self.hidden, Dense(outputs)]
