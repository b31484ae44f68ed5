"""How recurrent weights start."""

from __future__ import annotations

import math

import numpy as np
from nnzoo.api import Floats, Shape


def uniform_by_rows(shape: Shape, rng: np.random.Generator) -> Floats:
    """Uniform in ±1/√rows: of recurrent weights, the rows are the units."""
    return rng.uniform(-1, 1, shape) / math.sqrt(shape[0])
