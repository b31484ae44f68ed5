"""The smooth cousin of ReLU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import Activation, Floats, Initialization


def softplus(z: Floats) -> Floats:
    """Smooth rectified linear unit: log(1 + exp(z))."""
    return np.logaddexp(0, z)


@dataclass(frozen=True)
class Softplus(Activation):
    """Softplus: a smooth ReLU, whose derivative is the sigmoid.

    Equation::

        f(z)  = log(1 + eᶻ) = log(e⁰ + eᶻ)        (NumPy's logaddexp of 0 and z can't overflow)
        f′(z) = 1 / (1 + e⁻ᶻ) = 1 − e⁻ᵃ  with a = f(z)

    References
    ----------
    Dugas, Bengio, Bélisle, Nadeau & Garcia (2001), "Incorporating second-order functional knowledge for better option
    pricing", NIPS 13.
    """

    name: ClassVar[str] = "softplus"
    in_numpy: ClassVar = softplus
    initialization: ClassVar[Initialization] = "he"

    def forward(self, z: Floats, out: Floats) -> None:
        np.logaddexp(0, z, out=out)

    def backward(self, z: Floats, a: Floats, grad: Floats) -> None:
        np.negative(a, out=a)
        np.expm1(a, out=a)  # e⁻ᵃ − 1, without the cancellation that would lose the digits of a small a
        np.negative(a, out=a)
        grad *= a
