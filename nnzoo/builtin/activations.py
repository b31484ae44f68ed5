"""ReLU, the sigmoid, and the identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnzoo.api import Activation, Floats, Initialization, hookimpl
from nnzoo.builtin import numpy_functions


@dataclass(frozen=True)
class Relu(Activation):
    """Rectified linear unit.

    Equation::

        f(z)  = max(0, z)
        f′(z) = 1 where z > 0, else 0        (0 at the kink)

    References
    ----------
    Nair & Hinton (2010), "Rectified linear units improve restricted Boltzmann machines", ICML.
    """

    name: ClassVar[str] = "relu"
    in_numpy: ClassVar = numpy_functions.relu
    initialization: ClassVar[Initialization] = "he"

    def forward(self, z: Floats, out: Floats) -> None:
        out.fill(0)
        np.maximum(z, out, out=out)  # of two arrays: with a number as one of them, NumPy takes twice as long

    def backward(self, z: Floats, a: Floats, grad: Floats) -> None:
        np.greater(a, 0, out=a)  # a is no longer needed, and now holds f′(z)
        grad *= a


@dataclass(frozen=True)
class Sigmoid(Activation):
    """Logistic sigmoid.

    Equation::

        f(z)  = 1 / (1 + e⁻ᶻ) = ½ (1 + tanh(z/2))        (the second form can't overflow)
        f′(z) = a (1 − a)  with a = f(z)

    References
    ----------
    Rumelhart, Hinton & Williams (1986), "Learning representations by back-propagating errors", Nature 323.
    """

    name: ClassVar[str] = "sigmoid"
    in_numpy: ClassVar = numpy_functions.sigmoid
    initialization: ClassVar[Initialization] = "glorot"
    slope: ClassVar[float] = 0.25

    def forward(self, z: Floats, out: Floats) -> None:
        np.multiply(z, 0.5, out=out)
        np.tanh(out, out=out)
        out += 1
        out *= 0.5

    def backward(self, z: Floats, a: Floats, grad: Floats) -> None:
        grad *= a
        np.subtract(1, a, out=a)
        grad *= a


@dataclass(frozen=True)
class Identity(Activation):
    """No activation: the network stays linear.

    Equation::

        f(z)  = z
        f′(z) = 1
    """

    name: ClassVar[str] = "identity"
    in_numpy: ClassVar = numpy_functions.identity

    def forward(self, z: Floats, out: Floats) -> None:
        np.copyto(out, z)

    def backward(self, z: Floats, a: Floats, grad: Floats) -> None:
        pass


@hookimpl
def nnzoo_activations() -> list[type[Activation]]:
    return [Relu, Sigmoid, Identity]
