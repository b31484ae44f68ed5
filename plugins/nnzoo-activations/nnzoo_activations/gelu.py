"""The Gaussian error linear unit, exact."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import Activation, Floats, Initialization

from nnzoo_activations.erf import erf


def gelu(z: Floats) -> Floats:
    """Gaussian error linear unit: z times the standard normal distribution of z."""
    erf = np.vectorize(math.erf, otypes=[np.float32])
    result: Floats = z * (0.5 * (1 + erf(z / math.sqrt(2))))
    return result


@dataclass(frozen=True)
class Gelu(Activation):
    """Gaussian error linear unit, exact (not the approximation by tanh).

    Equation, with Φ and φ the standard normal distribution and its density::

        f(z)  = z Φ(z)             Φ(z) = ½ (1 + erf(z / √2))
        f′(z) = Φ(z) + z φ(z)      φ(z) = e^(−z²/2) / √(2π)

    References
    ----------
    Hendrycks & Gimpel (2016), "Gaussian error linear units (GELUs)", arXiv:1606.08415.
    """

    name: ClassVar[str] = "gelu"
    in_numpy: ClassVar = gelu
    initialization: ClassVar[Initialization] = "he"

    def forward(self, z: Floats, out: Floats) -> None:
        _normal_distribution(z, out)
        out *= z

    def backward(self, z: Floats, a: Floats, grad: Floats) -> None:
        np.multiply(z, z, out=a)
        a *= -0.5
        np.exp(a, out=a)
        a *= z
        a *= 1 / math.sqrt(2 * math.pi)  # a is no longer needed, and now holds z φ(z)
        distribution = np.empty_like(z)
        _normal_distribution(z, distribution)
        a += distribution
        grad *= a


def _normal_distribution(z: Floats, out: Floats) -> None:
    """Φ(z)."""
    np.multiply(z, math.sqrt(0.5), out=out)
    erf(out, out)
    out += 1
    out *= 0.5
