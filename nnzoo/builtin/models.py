"""The multilayer perceptron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, doc

from nnzoo.api import Activation, Layer, Model, Shape, hookimpl
from nnzoo.builtin.layers import Activate, Dense


@dataclass(frozen=True)
class Mlp(Model):
    """Multilayer perceptron: fully connected layers with the activation between them.

    ``mlp:hidden=128,64`` has two hidden layers. With none (``Mlp(hidden=())``) it is a linear model.
    """

    name: ClassVar[str] = "mlp"

    hidden: Annotated[tuple[Annotated[int, Ge(1)], ...], doc("units of each hidden layer")] = (64,)

    def depth(self) -> int:
        return max(1, len(self.hidden))

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        layers: list[Layer] = []
        for units in self.hidden:
            layers += [Dense(units, activation.initialization), Activate(activation)]
        return [*layers, Dense(outputs)]


@hookimpl
def nnzoo_models() -> list[type[Model]]:
    return [Mlp]
