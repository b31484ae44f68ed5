"""The hyperbolic tangent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import Activation, Floats, Initialization


def tanh(z: Floats) -> Floats:
    """Hyperbolic tangent."""
    return np.tanh(z)


@dataclass(frozen=True)
class Tanh(Activation):
    """Hyperbolic tangent.

    Equation::

        f(z)  = tanh z = (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ)
        f′(z) = 1 − a²  with a = f(z)

    References
    ----------
    LeCun, Bottou, Orr & Müller (1998), "Efficient BackProp", in Neural Networks: Tricks of the Trade, section 4.4.
    """

    name: ClassVar[str] = "tanh"
    in_numpy: ClassVar = tanh
    initialization: ClassVar[Initialization] = "glorot"

    def forward(self, z: Floats, out: Floats) -> None:
        np.tanh(z, out=out)

    def backward(self, z: Floats, a: Floats, grad: Floats) -> None:
        a *= a
        np.subtract(1, a, out=a)  # a is no longer needed, and now holds f′(z)
        grad *= a
