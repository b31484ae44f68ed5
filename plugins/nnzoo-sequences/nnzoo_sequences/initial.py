"""How the parameters of these layers start."""

from __future__ import annotations

import math

import numpy as np
from nnzoo.api import Floats, Shape

SMALL = 0.02
"""Standard deviation of embeddings and positions, as in GPT-2."""


def small(shape: Shape, rng: np.random.Generator) -> Floats:
    """Normally distributed with mean 0 and a standard deviation of 0.02."""
    return rng.standard_normal(shape) * SMALL


def uniform_by_rows(shape: Shape, rng: np.random.Generator) -> Floats:
    """Uniform in ±1/√rows: of recurrent weights, the rows are the units."""
    return rng.uniform(-1, 1, shape) / math.sqrt(shape[0])
