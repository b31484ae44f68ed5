"""The exponential linear unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, doc
from nnzoo.api import Activation, Floats, Initialization


def elu(z: Floats, alpha: float) -> Floats:
    """Exponential linear unit: z above zero, alpha (exp(z) - 1) below."""
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


@dataclass(frozen=True)
class Elu(Activation):
    """Exponential linear unit: linear above zero, and below it an exponential that saturates at −α.

    Equation::

        f(z)  = z where z > 0, else α (eᶻ − 1)
        f′(z) = 1 where z > 0, else α eᶻ = a + α  with a = f(z)        (smooth if α = 1)

    References
    ----------
    Clevert, Unterthiner & Hochreiter (2016), "Fast and accurate deep network learning by exponential linear units
    (ELUs)", ICLR, arXiv:1511.07289.
    """

    name: ClassVar[str] = "elu"
    in_numpy: ClassVar = elu
    initialization: ClassVar[Initialization] = "he"

    alpha: Annotated[float, Gt(0), doc("minus the value that f approaches at −∞")] = 1.0

    def forward(self, z: Floats, out: Floats) -> None:
        np.minimum(z, 0, out=out)  # or the exponential of a large z, which is not needed, overflows
        np.expm1(out, out=out)
        out *= self.alpha
        np.copyto(out, z, where=z > 0)

    def backward(self, z: Floats, a: Floats, grad: Floats) -> None:
        a += self.alpha
        np.copyto(a, 1, where=z > 0)
        grad *= a
