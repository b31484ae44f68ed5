"""The sigmoid linear unit, also called swish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import Activation, Floats, Initialization


def silu(z: Floats) -> Floats:
    """Sigmoid linear unit, or swish: z times the sigmoid of z."""
    result: Floats = z * (0.5 * (1 + np.tanh(0.5 * z)))
    return result


@dataclass(frozen=True)
class Silu(Activation):
    """Sigmoid linear unit, also known as swish.

    Equation, with σ the logistic sigmoid::

        f(z)  = z σ(z)
        f′(z) = σ(z) (1 + z (1 − σ(z)))

    References
    ----------
    Elfwing, Uchibe & Doya (2018), "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning", Neural Networks 107, arXiv:1702.03118.
    Ramachandran, Zoph & Le (2017), "Searching for activation functions", arXiv:1710.05941 (swish with β = 1).
    """

    name: ClassVar[str] = "silu"
    in_numpy: ClassVar = silu
    initialization: ClassVar[Initialization] = "he"

    def forward(self, z: Floats, out: Floats) -> None:
        _sigmoid(z, out)
        out *= z

    def backward(self, z: Floats, a: Floats, grad: Floats) -> None:
        _sigmoid(z, a)
        grad *= a
        np.subtract(1, a, out=a)
        a *= z
        a += 1
        grad *= a


def _sigmoid(z: Floats, out: Floats) -> None:
    """σ(z) = ½ (1 + tanh(z/2)), which can't overflow."""
    np.multiply(z, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1
    out *= 0.5
