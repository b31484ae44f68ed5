"""Helpers for the gates of recurrent layers."""

from __future__ import annotations

import numpy as np
from nnzoo.api import Floats


def sigmoid_in_place(z: Floats) -> None:
    """1 / (1 + e⁻ᶻ) = ½ + ½ tanh(½ z), which can't overflow."""
    z *= 0.5
    np.tanh(z, out=z)
    z *= 0.5
    z += 0.5


def times_complement(factor: Floats, gate: Floats, *, scratch: Floats) -> None:
    """Multiply by s (1 − s), the slope of the sigmoid at the value s = ``gate``."""
    np.multiply(gate, gate, out=scratch)
    np.subtract(gate, scratch, out=scratch)
    factor *= scratch
