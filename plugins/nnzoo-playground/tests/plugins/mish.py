"""Mish as a single-file plugin."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import Activation, hookimpl


@dataclass(frozen=True)
class Mish(Activation):
    """Mish: the input times the tanh of its softplus (Misra 2019)."""

    name: ClassVar[str] = "mish"

    def forward(self, z, out):
        np.multiply(z, np.tanh(np.logaddexp(0, z)), out=out)

    def backward(self, z, a, grad):
        t = np.tanh(np.logaddexp(0, z))
        grad *= t + z * (1 - t * t) * (1 + np.tanh(z / 2)) / 2


@hookimpl
def nnzoo_activations():
    return [Mish]
