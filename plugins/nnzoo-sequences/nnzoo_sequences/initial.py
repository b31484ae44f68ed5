"""Initial values of recurrent weights."""

from __future__ import annotations

import math

import numpy as np
from nnzoo.api import Floats, Shape


def uniform_by_rows(shape: Shape, rng: np.random.Generator) -> Floats:
    """Draw uniformly from ±1/√rows; the rows of recurrent weights are the units."""
    return rng.uniform(-1, 1, shape) / math.sqrt(shape[0])
