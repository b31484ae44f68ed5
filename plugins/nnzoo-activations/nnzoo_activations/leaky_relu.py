"""ReLU with a small slope below zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt, doc
from nnzoo.api import Activation, Floats, Initialization


def leaky_relu(z: Floats, negative_slope: float) -> Floats:
    """Rectified linear unit that leaks: z above zero, and a small part of it below."""
    return np.where(z > 0, z, negative_slope * z)


@dataclass(frozen=True)
class LeakyRelu(Activation):
    """Rectified linear unit that leaks: no unit is ever without a gradient.

    Equation, with s the negative slope::

        f(z)  = max(z, s z)
        f′(z) = 1 where z > 0, else s        (s at the kink)

    References
    ----------
    Maas, Hannun & Ng (2013), "Rectifier nonlinearities improve neural network acoustic models", ICML workshop on deep
    learning for audio, speech and language processing.
    """

    name: ClassVar[str] = "leaky-relu"
    in_numpy: ClassVar = leaky_relu
    initialization: ClassVar[Initialization] = "he"

    negative_slope: Annotated[float, Ge(0), Lt(1), doc("slope for negative inputs")] = 0.01

    def forward(self, z: Floats, out: Floats) -> None:
        np.multiply(z, self.negative_slope, out=out)
        np.maximum(z, out, out=out)  # s < 1, so this picks z above zero and s z below

    def backward(self, z: Floats, a: Floats, grad: Floats) -> None:
        np.greater(z, 0, out=a)
        np.maximum(a, self.negative_slope, out=a)  # 1 stays 1, and 0 becomes s
        grad *= a
