"""Helpers for optimizers that update each array separately."""

from __future__ import annotations

import math

from nnzoo.api import Floats


def norm(array: Floats) -> float:
    """The square root of the sum of squares."""
    flat = array.reshape(-1)
    return math.sqrt(float(flat.dot(flat)))


def is_matrix(array: Floats) -> bool:
    """Whether it has two axes or more, as weights have; biases and gains have one."""
    return array.ndim > 1
