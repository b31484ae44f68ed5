"""The convolutional network of MNIST-1D."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, doc
from nnzoo.api import Activation, Layer, Model, Shape, UsageError
from nnzoo.builtin.layers import Activate, Dense

from nnzoo_toys.conv1d import Conv1d

SMALLEST = 8
"""Points that a curve needs."""


@dataclass(frozen=True)
class ConvNet1d(Model):
    """Three convolutions of curves, each of which halves their length, then one fully connected layer.

    For MNIST-1D, with 5,210 parameters, and f the activation::

        40 → conv1d 25 filters of 5 → f → 25×19 → conv1d 25 of 3 → f → 25×10 → conv1d 25 of 3 → f → 25×5 → dense 10

    References
    ----------
    Greydanus & Kobak (2024), "Scaling down deep learning with MNIST-1D", ICML, arXiv:2011.14439.
    """

    name: ClassVar[str] = "conv-1d"

    filters: Annotated[int, Ge(1), doc("filters of each convolution")] = 25

    def depth(self) -> int:
        return 3

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        if len(input_shape) not in (1, 2) or input_shape[-1] < SMALLEST:
            raise UsageError(
                f"{self.label} takes curves of {SMALLEST} points or more, not samples of shape {input_shape}",
                hint="a curve has the shape (points,) or (channels, points)",
            )
        start, activate = activation.initialization, Activate(activation)
        layers: list[Layer] = []
        for kernel_size in (5, 3, 3):
            layers += [Conv1d(self.filters, kernel_size, 2, 1, start), activate]
        return [*layers, Dense(outputs)]
