"""The pieces of a training step, each in several ways: a module's ``ways(n)`` yields them for a batch of n samples.

If a way does more than the others, its name says so.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

HIDDEN = 64
SCALE = 1 / 255
Way = tuple[str, Callable[[], object]]
Array = NDArray[np.float32]


def normal(*shape: int) -> Array:
    return np.random.default_rng(0).standard_normal(shape, np.float32)
